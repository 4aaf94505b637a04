"""Who places and releases a hold, what it may be, and what is told of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from retention.vault import DAY, MICROSECOND, Vault, ago, in_background, old
from walls.ledger import REASON, Connection, call, refused, rows, stored, wait_until_blocked

from databases import OTHER_PERSONAS, TENANT_PERSONAS, Database


def place(connection: Connection, name: Any = "case 1", filter: Any = None, **more: Any) -> Any:
    arguments = {"name": name, "filter": {} if filter is None else filter, "reason": REASON}
    return call(connection, "place_hold", **(arguments | more))


def release(connection: Connection, name: Any = "case 1", **more: Any) -> Any:
    return call(connection, "release_hold", **({"name": name, "reason": REASON} | more))


def test_it_is_placed_listed_released_and_told(loaded_database: Database, vault: Vault) -> None:
    filter = {"actor_id": ["erik", None], "from": "2020-02-29"}
    assert place(vault.admin, "  case 1 ", filter) is True
    [hold] = rows(vault.admin, "list_holds")
    assert (hold["name"], hold["filter"], hold["reason"]) == ("case 1", filter, REASON)
    assert (hold["placed_by"], hold["released_at"]) == ("test_admin_a", None)
    assert release(vault.admin) is True
    [hold] = rows(vault.admin, "list_holds")
    assert (hold["released_by"], hold["release_reason"]) == ("test_admin_a", REASON)
    assert hold["released_at"] > hold["placed_at"]
    placed, released = stored(loaded_database, "entity_type = 'audit_hold'")
    assert (placed["action"], released["action"]) == ("hold_placed", "hold_released")
    assert placed["metadata"] == {"reason": REASON, "filter": filter}
    assert released["metadata"] == {"reason": REASON}
    for event in (placed, released):
        assert (event["entity_id"], event["source"]) == ("case 1", "system")
        assert event["tenant_id"] == loaded_database.tenant_a


def test_placing_it_again_changes_nothing(loaded_database: Database, admin: Connection) -> None:
    assert place(admin, filter={"actor_id": "erik"}) is True
    assert place(admin, filter={"actor_id": "erik"}) is False
    with refused("WT111") as refusal:
        place(admin, filter={"actor_id": "anna"})
    assert "erik" in refusal.detail
    assert len(stored(loaded_database, "action = 'hold_placed'")) == 1
    assert release(admin) is True
    assert release(admin) is False
    assert place(admin, filter={"actor_id": "anna"}) is True
    found = rows(admin, "list_holds")
    assert [hold["released_at"] is None for hold in found] == [True, False]


def test_a_hold_nobody_placed_is_not_released(admin: Connection, admin_b: Connection) -> None:
    place(admin)
    for connection, name in ((admin, "case 2"), (admin_b, "case 1"), (admin, None)):
        with refused("WT111", case=name):
            release(connection, name)
    assert [hold["released_at"] for hold in rows(admin, "list_holds")] == [None]


@pytest.mark.parametrize(
    "filter",
    [
        {"search": "anna"},
        {"actor": "anna"},
        {"metadata": {"m": 1}},
        {"ip": "10.0.0.7"},
        {"request_id": "r-1"},
        {"action": "user_created", "search": "anna"},
    ],
    ids=lambda filter: ", ".join(filter),
)
def test_it_is_not_decided_by_what_may_be_erased(admin: Connection, filter: dict[str, Any]) -> None:
    with refused("WT111") as refusal:
        place(admin, filter=filter)
    assert list(filter)[-1] in refusal.detail
    assert rows(admin, "list_holds") == []


@pytest.mark.parametrize(
    "filter",
    [
        {"unheard_of": 1},
        {"action": "unheard_of"},
        {"action": []},
        {"id": "no uuid"},
        {"id": None},
        {"from": "yesterday"},
        {"from": None},
        {"from": "2026-01-02", "to": "2026-01-01T00:00:00Z"},
        {"category": None},
        [],
        "x",
    ],
    ids=str,
)
def test_a_filter_that_is_none_is_refused(admin: Connection, filter: Any) -> None:
    with refused("WT040"):
        admin.execute(
            "select audit.place_hold('case 1', %s::jsonb, %s)", (json.dumps(filter), REASON)
        )
    with refused("WT040"):
        admin.execute("select audit.place_hold('case 1', null, %s)", (REASON,))
    assert rows(admin, "list_holds") == []


def test_names_and_reasons(admin: Connection) -> None:
    for name in (None, "", "   ", "x" * 201):
        with refused("WT111", case=name):
            place(admin, name)
    for reason in (None, "", "short", "x" * 501):
        with refused("WT021", case=reason):
            place(admin, reason=reason)
        with refused("WT021", case=reason):
            release(admin, reason=reason)
    strange = 'it\'s "50 %" \\ ÅÄÖ; drop table x'
    assert place(admin, strange, {"actor_id": strange}) is True
    assert release(admin, strange) is True


def test_who_may_and_who_sees(loaded_database: Database) -> None:
    lists = {"admin", "privacy", "operator", "owner", "auditor", "service"}
    place(loaded_database.connect(loaded_database.role("admin")))
    place(loaded_database.connect(loaded_database.role("admin", "b")), "case b")
    for persona in (*TENANT_PERSONAS, *OTHER_PERSONAS):
        connection = loaded_database.connect(loaded_database.role(persona))
        tenant = {"tenant_id": loaded_database.tenant_a} if persona == "service" else {}
        if persona in lists:
            names = {hold["name"] for hold in rows(connection, "list_holds", **tenant)}
            sees_all = persona in ("operator", "owner", "auditor")
            assert names == ({"case 1", "case b"} if sees_all else {"case 1"}), persona
        else:
            with refused("42501", case=persona):
                rows(connection, "list_holds")
        if persona not in ("admin", "service"):
            with refused("42501", case=persona):
                place(connection, persona)
            with refused("42501", case=persona):
                release(connection)
    service = loaded_database.connect(loaded_database.role("service"))
    assert place(service, "case s", tenant_id=loaded_database.tenant_b) is True
    with refused("WT001"):
        place(service, "case s")
    with refused("WT002"):
        rows(
            loaded_database.connect(loaded_database.role("privacy")),
            "list_holds",
            tenant_id=loaded_database.tenant_b,
        )


def test_a_bare_date_is_the_day_where_it_was_placed(vault: Vault) -> None:
    """Resolved once: another session's time zone doesn't move it."""
    vault.admin.execute("set timezone = 'Pacific/Kiritimati'")
    row = vault.admin.execute(
        "select d::text, d::timestamptz from (select current_date - 400 as d) d"
    ).fetchone()
    assert row is not None
    day, start = row
    place(vault.admin, filter={"from": day, "to": day})
    vault.admin.execute("reset timezone")
    vault.bring(
        old(start - MICROSECOND, description="before"),
        old(start, description="first"),
        old(start + DAY - MICROSECOND, description="last"),
        old(start + DAY, description="after"),
    )
    for connection in (vault.operator, vault.admin):
        connection.execute("set timezone = 'America/St_Johns'; set datestyle = 'SQL, DMY'")
    reader = vault.reader()
    found = rows(reader, "search_events", filter={"source": "imported"})
    assert [event["description"] for event in found] == ["last", "first"]
    vault.operator.execute("call audit.purge_events()")
    assert vault.left() == ["first", "last"]


def test_it_is_not_placed_on_a_stale_snapshot(admin: Connection) -> None:
    for level in ("repeatable read", "serializable"):
        admin.execute(f"begin isolation level {level}".encode())
        with refused("WT037", case=level):
            place(admin)
        admin.execute("rollback")


def test_two_that_place_one_name_at_once(loaded_database: Database, admin: Connection) -> None:
    """The second sees the first: the same is no change, another is refused in our own words."""
    for other, expected in (({}, False), ({"actor_id": "erik"}, "WT111")):
        rival = loaded_database.connect(loaded_database.role("admin"))
        name = f"case {expected}"
        found: list[object] = []
        admin.execute("begin")
        assert place(admin, name) is True

        def act(
            rival: Connection = rival,
            name: str = name,
            other: dict[str, Any] = other,
            found: list[object] = found,
        ) -> None:
            found.append(place(rival, name, other))

        with in_background(act) as failures:
            wait_until_blocked(loaded_database, rival)
            admin.execute("commit")
        if expected is False:
            assert (found, failures) == ([False], [])
        else:
            assert [getattr(error, "sqlstate", None) for error in failures] == [expected]


def test_events_that_come_later_are_held_too(vault: Vault) -> None:
    place(vault.admin, filter={"actor_id": "erik"})
    vault.bring(old(400, actor_id="erik", description="held"), old(400, actor_id="anna"))
    vault.bring(old(400, actor_id="erik"), tenant="b")
    vault.purge()
    assert vault.left() == ["held"]
    assert vault.left("b") == [], "a hold of another tenant's holds nothing"


def test_an_action_defined_later_belongs_to_a_held_category(vault: Vault) -> None:
    place(vault.admin, filter={"category": "admin_actions"})
    call(
        vault.operator,
        "define_action",
        action="user_greeted",
        category="admin_actions",
        titles={"en": "Greeted"},
    )
    vault.bring(old(400, action="user_greeted", description="held"))
    vault.purge()
    assert vault.left() == ["held"]


def test_released_events_go_with_the_next_purge(vault: Vault) -> None:
    vault.bring(old(ago(400)))
    place(vault.admin)
    place(vault.admin, "case 2")
    vault.purge()
    release(vault.admin)
    vault.purge()
    assert len(vault.left()) == 1, "another one stands"
    release(vault.admin, "case 2")
    vault.purge()
    assert vault.left() == []
