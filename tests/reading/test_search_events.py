"""What a filter finds and refuses, one key at a time, and what a row looks like."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg.types.json import Jsonb

from reading.desk import COLUMNS, Desk, connect

from databases import Database

NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=1)


def descriptions(desk: Desk, filter: dict[str, Any]) -> set[str]:
    return {event["description"] for event in desk.search({"source": "logged"} | filter)}


def test_a_row_has_every_column_and_a_cursor(desk: Desk) -> None:
    app = connect(desk.database, desk.database.role("app"))
    with app.transaction():
        app.execute(
            "select audit.set_context(actor_id => 'u1', actor => %s, ip => '192.0.2.7', "
            "user_agent => 'browser', request_id => 'r1')",
            (Jsonb({"name": "Anna"}),),
        )
        logged = app.execute(
            "select audit.log_event(action => 'user_updated', entity_type => 'user', "
            "entity_id => '42', description => 'Changed', metadata => %s, changes => %s, "
            "outcome => 'failure', error_message => 'no') as id",
            (Jsonb({"k": [1]}), Jsonb({"name": {"old": "a", "new": None}})),
        ).fetchone()
    assert logged is not None
    event = desk.search({"id": str(logged["id"])})[0]
    assert list(event) == [*COLUMNS, "cursor"]
    assert event["tenant_id"] == desk.tenant_id
    assert event["category"] == "admin_actions"
    assert event["target"] == {"type": "user", "id": "42"}
    assert event["changes"] == {"name": {"old": "a", "new": None}}
    assert str(event["ip"]) == "192.0.2.7"
    assert event["actor"] == {"name": "Anna"}
    assert event["recorded_by"] == desk.database.role("app")
    one = desk.reader.execute(
        "select * from audit.get_event(event_id => %s)", (logged["id"],)
    ).fetchone()
    del event["cursor"]
    assert one == event
    assert list(one) == COLUMNS
    viewed = desk.reader.execute(
        "select * from audit.event where id = %s", (logged["id"],)
    ).fetchone()
    assert viewed == event


def test_a_given_target_is_kept(desk: Desk) -> None:
    for target in ({"id": "1", "name": "Anna"}, [{"id": "1"}, {"id": "2"}], {}):
        put = desk.put(target=target)
        assert desk.search({"id": str(put["id"])})[0]["target"] == target


def test_newest_first_with_ties_broken_by_id(desk: Desk) -> None:
    moments = [NOON, NOON, NOON, NOON + timedelta(microseconds=1), NOON - timedelta(hours=1)]
    for moment in moments:
        desk.put(moment)
    keys = [(e["occurred_at"], e["id"].int) for e in desk.search({"source": "logged"})]
    assert len(keys) == len(moments)
    assert keys == sorted(keys, reverse=True)


def test_a_page_does_not_show_its_own_reading(desk: Desk) -> None:
    assert [e["action"] for e in desk.search()] == [
        "audit_session_created",
        *(["tenant_granted"] * 5),
        "tenant_registered",
    ]
    assert desk.search()[0]["action"] == "audit_log_viewed"


@pytest.mark.parametrize(
    ("filter", "found"),
    [
        ({"action": "user_created"}, {"one"}),
        ({"action": ["user_created", "role_created"]}, {"one", "two"}),
        ({"category": "file_operations"}, {"three"}),
        ({"category": ["file_operations", "admin_actions"]}, {"one", "two", "three"}),
        ({"category": "admin_actions", "action": "file_uploaded"}, set()),
        ({"entity_type": "file"}, {"three"}),
        ({"entity_id": "7"}, {"one", "three"}),
        ({"entity_id": 7}, {"one", "three"}),
        ({"entity_id": None}, {"two"}),
        ({"entity_id": [None, "8"]}, {"two"}),
        ({"entity_id": [None, "7"]}, {"one", "two", "three"}),
        ({"actor_id": "anna"}, {"one"}),
        ({"actor_id": None}, {"three"}),
        ({"actor_type": ["system", "api_key"]}, {"two", "three"}),
        ({"outcome": "failure"}, {"two"}),
        ({"source": "imported"}, set()),
        ({"request_id": ["r1", "r2"]}, {"one"}),
        ({"request_id": None}, {"two", "three"}),
        ({"ip": "192.0.2.7"}, {"one"}),
        ({"ip": "192.0.2.0/24"}, {"one"}),
        ({"ip": ["2001:db8::/32", "192.0.2.8"]}, {"two"}),
        ({"ip": None}, {"three"}),
        ({"ip": [None, "192.0.2.7"]}, {"one", "three"}),
        ({"actor": "ANN"}, {"one"}),
        ({"actor": "example"}, {"one"}),
        ({"actor": "deploy"}, {"two"}),
        ({"actor": "name"}, set()),
        ({"search": "ONE"}, {"one"}),
        ({"search": "åsa"}, {"two"}),
        ({"search": "100%"}, {"three"}),
        ({"search": "0%"}, {"three"}),
        ({"search": "1_0"}, set()),
        ({"search": "a\\b"}, {"three"}),
        ({"search": '"quoted"'}, {"two"}),
        ({"search": "4711"}, {"one"}),
        ({"metadata": {"k": 1}}, {"one"}),
        ({"metadata": {"deep": {"list": [2]}}}, {"one"}),
        ({"metadata": {"k": "1"}}, set()),
    ],
)
def test_each_key(desk: Desk, filter: dict[str, Any], found: set[str]) -> None:
    desk.put(
        NOON,
        description="one",
        entity_id="7",
        actor_id="anna",
        actor={"name": "Anna", "mail": "a@example.org"},
        request_id="r1",
        ip="192.0.2.7",
        metadata={"k": 1, "deep": {"list": [1, 2, 4711]}},
    )
    desk.put(
        NOON,
        description="two",
        action="role_created",
        entity_type="role",
        actor_type="api_key",
        actor_id="deploy",
        outcome="failure",
        error_message="no",
        ip="2001:db8::1",
        target={"label": 'ÅSA "quoted"'},
    )
    desk.put(
        NOON,
        description="three",
        action="file_uploaded",
        entity_type="file",
        entity_id="7",
        actor_type="system",
        metadata={"note": "100% of a\\b"},
    )
    assert descriptions(desk, filter) == found
    if not {"id", "source"} & set(filter):
        assert desk.count({"source": "logged"} | filter) == (len(found), True)


def test_ids_are_found_and_prune(desk: Desk) -> None:
    first, second = desk.put(NOON, description="one"), desk.put(description="two")
    assert descriptions(desk, {"id": str(first["id"])}) == {"one"}
    both = [str(first["id"]), str(second["id"]).upper(), str(uuid4())]
    assert descriptions(desk, {"id": both}) == {"one", "two"}
    assert descriptions(desk, {"id": str(uuid4())}) == set()


@pytest.mark.parametrize(
    ("filter", "found"),
    [
        ({"from": "2026-03-29"}, {"before", "day", "evening", "next"}),
        ({"from": "2026-03-30"}, {"day", "evening", "next"}),
        ({"to": "2026-03-30"}, {"before", "day", "evening"}),
        ({"from": "2026-03-30", "to": "2026-03-30"}, {"day", "evening"}),
        ({"from": "2026-03-30T12:00", "to": "2026-03-31"}, {"evening", "next"}),
        ({"from": "2026-03-30T20:00:00Z"}, {"evening", "next"}),
        ({"to": "2026-03-30T20:00:00.000000Z"}, {"before", "day"}),
        ({"from": "2026-03-30 22:00:00+02"}, {"evening", "next"}),
        ({"from": "2026-03-30T20:00:00.000001+00:00"}, {"next"}),
    ],
)
def test_from_counts_and_to_does_not(desk: Desk, filter: dict[str, Any], found: set[str]) -> None:
    """Bare dates are days where the reader is."""
    desk.hand.execute("set role audit_owner")
    desk.hand.execute("select audit_private.add_partition(timestamptz '2026-03-25 00:00:00Z')")
    desk.hand.execute("select audit_private.add_partition(timestamptz '2026-04-01 00:00:00Z')")
    desk.hand.execute("reset role")
    for name, moment in {
        "before": "2026-03-29T21:59:59.999999Z",
        "day": "2026-03-29T22:00:00Z",
        "evening": "2026-03-30T20:00:00Z",
        "next": "2026-03-30T22:00:00Z",
    }.items():
        desk.put(datetime.fromisoformat(moment), description=name)
    desk.reader.execute("set timezone = 'Europe/Stockholm'")
    for style in ("ISO", "SQL, DMY", "Postgres, MDY", "German"):
        desk.reader.execute(f"set datestyle = '{style}'")
        assert {
            row["description"]
            for row in desk.reader.execute(
                "select description from audit.search_events(filter => %s)",
                (Jsonb({"source": "logged", "to": "2026-04-01"} | filter),),
            ).fetchall()
        } == found


@pytest.mark.parametrize(
    ("filter", "named"),
    [
        ({"actoin": "x"}, "actoin"),
        ({"action": "user_creatde"}, "user_creatde"),
        ({"action": ["user_created", "nix"]}, "nix"),
        ({"action": None}, "action"),
        ({"action": []}, "action"),
        ({"action": {"a": 1}}, "action"),
        ({"action": True}, "action"),
        ({"category": "nix"}, "nix"),
        ({"entity_type": "nix"}, "nix"),
        ({"actor_type": "robot"}, "robot"),
        ({"outcome": ["success", None]}, "outcome"),
        ({"source": "elsewhere"}, "elsewhere"),
        ({"id": "4711"}, "id"),
        ({"id": None}, "id"),
        ({"ip": "300.1.1.1"}, "ip"),
        ({"ip": "host.example.org"}, "ip"),
        ({"search": ""}, "search"),
        ({"search": "   "}, "search"),
        ({"search": ["a"]}, "search"),
        ({"search": None}, "search"),
        ({"actor": 5}, "actor"),
        ({"metadata": [1]}, "metadata"),
        ({"metadata": "x"}, "metadata"),
        ({"metadata": None}, "metadata"),
        ({"from": "yesterday"}, "from"),
        ({"from": "04/05/2026"}, "from"),
        ({"from": 20260504}, "from"),
        ({"from": None}, "from"),
        ({"from": "2026-02-30"}, "from"),
        ({"to": "2026-05-04T25:00:00Z"}, "to"),
        ({"to": "2026-05-04T10:00:00+99"}, "to"),
        ({"to": "infinity"}, "to"),
        ({"from": "2026-05-05", "to": "2026-05-04T00:00"}, "from"),
        ({"search": "x" * 40_000}, "filter"),
        ([], "filter"),
        ("text", "filter"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(desk: Desk, filter: Any, named: str) -> None:
    refusal = desk.refusal(filter)
    assert refusal.sqlstate == "WT040"
    assert named in (refusal.diag.message_primary or "")
    with pytest.raises(psycopg.Error) as refused:
        desk.reader.execute("select audit.count_events(filter => %s)", (Jsonb(filter),))
    assert refused.value.sqlstate == "WT040"


@pytest.mark.parametrize("size", [0, -1, 1001, None])
def test_page_size_is_1_to_1000(desk: Desk, size: int | None) -> None:
    assert desk.refusal({}, page_size=size).sqlstate == "WT042"
    with pytest.raises(psycopg.Error) as refused:
        desk.reader.execute("select audit.count_events(up_to => %s)", (size and -abs(size),))
    assert refused.value.sqlstate == "WT042"


def test_counting_stops_at_its_bound(desk: Desk) -> None:
    for _ in range(5):
        desk.put()
    logged = {"source": "logged"}
    assert desk.count(logged, up_to=4) == (4, False)
    assert desk.count(logged, up_to=5) == (5, True)
    assert desk.count(logged, up_to=6) == (5, True)


@pytest.mark.parametrize(
    "value",
    [
        "' or true --",
        "\\' or true --",
        "$$ or true $$",
        "{a,b}",
        'x","y',
        "%s %L %1$s",
        "x' union select",
    ],
)
def test_values_are_never_sql(desk: Desk, value: str) -> None:
    """Also with the setting that makes a backslash escape a quote."""
    put = desk.put(entity_id=value, description=f"<{value}>", metadata={"k": value})
    desk.put()
    for setting in ("on", "off"):
        desk.reader.execute(f"set standard_conforming_strings = {setting}")
        for filter in (
            {"entity_id": value},
            {"entity_id": [value, "other"]},
            {"search": value},
            {"metadata": {"k": value}},
        ):
            found = desk.reader.execute(
                "select id from audit.search_events(filter => %s)", (Jsonb(filter),)
            ).fetchall()
            assert [row["id"] for row in found if row["id"] == put["id"]] == [put["id"]]
            assert len([r for r in desk.search({**filter, "source": "logged"})]) == 1


def test_nothing_of_another_tenant(desk: Desk, other_desk: Desk) -> None:
    mine, theirs = desk.put(description="secret of a"), other_desk.put(description="secret of b")
    for filter in ({}, {"search": "secret"}, {"id": [str(mine["id"]), str(theirs["id"])]}):
        assert {e["id"] for e in desk.search({**filter, "source": "logged"})} == {mine["id"]}
        assert {e["id"] for e in other_desk.search({**filter, "source": "logged"})} == {
            theirs["id"]
        }
    with pytest.raises(psycopg.Error) as refused:
        desk.reader.execute("select audit.get_event(event_id => %s)", (theirs["id"],))
    assert refused.value.sqlstate == "WT044"
    for call in (
        "select from audit.search_events(tenant_id => %s)",
        "select from audit.count_events(tenant_id => %s)",
        "select from audit.list_actors(tenant_id => %s)",
        "select from audit.get_event(event_id => gen_random_uuid(), tenant_id => %s)",
    ):
        with pytest.raises(psycopg.Error) as refused:
            desk.reader.execute(call, (desk.database.tenant_b,))
        assert refused.value.sqlstate == "WT002"


def test_a_named_tenant_does_not_leak(loaded_database: Database) -> None:
    service = connect(loaded_database, loaded_database.role("service"))
    opening = (
        "select audit.open_access(access_reason => 'other', justification => 'Both tenants asked', "
        "tenant_id => %s) as access_id"
    )
    a = service.execute(opening, (loaded_database.tenant_a,)).fetchone()
    assert a is not None
    with service.transaction():
        service.execute(
            "select audit.set_context(tenant_id => %s, access_id => %s)",
            (loaded_database.tenant_b, a["access_id"]),
        )
        found = service.execute(
            "select tenant_id from audit.search_events(tenant_id => %s)",
            (loaded_database.tenant_a,),
        ).fetchall()
        assert {row["tenant_id"] for row in found} == {loaded_database.tenant_a}
        current = service.execute("select audit.current_tenant() as id").fetchone()
        assert current == {"id": loaded_database.tenant_b}
        with pytest.raises(psycopg.Error) as refused:
            service.execute("select from audit.event")
        assert refused.value.sqlstate == "WT030"


@pytest.mark.parametrize("event_id", [None, uuid4(), "01a20594-3b01-7097-aa44-29cac34b8fa1"])
def test_an_event_that_is_not_there(desk: Desk, event_id: Any) -> None:
    with pytest.raises(psycopg.Error) as refused:
        desk.reader.execute("select audit.get_event(event_id => %s::uuid)", (event_id,))
    assert refused.value.sqlstate == "WT044"
