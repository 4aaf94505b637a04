"""Expired events can't be read by any route, long before they are removed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from capture.workshop import CUSTOMER, open_workshop
from retention.vault import MICROSECOND, Vault, ago, old
from walls.ledger import REASON, Connection, call, justify, refused, rows, set_context

from databases import Database

KEPT = {"actor_id": "kept", "entity_id": "k-1", "description": "kept by a hold, 4711"}
EXPIRED = {"actor_id": "gone", "entity_id": "g-1", "description": "expired, 4711"}
YOUNG = {"actor_id": "young", "entity_id": "y-1", "description": "young, 4711"}


@pytest.fixture
def shelf(vault: Vault) -> Vault:
    """An event that has expired, one that a hold keeps, one that a floor keeps and a young one."""
    vault.bring(
        old(400, **EXPIRED),
        old(400, **KEPT),
        old(300, **YOUNG),
        old(
            400,
            action="logging_toggled",
            entity_type="audit_toggle",
            actor_id="floored",
            description="kept by a floor, 4711",
        ),
    )
    vault.hold("case 1", {"actor_id": "kept"})
    return vault


SEEN = {"kept", "young", "floored"}


def searched(reader: Connection) -> set[str]:
    found = rows(reader, "search_events", filter={"source": "imported"})
    return {row["actor_id"] for row in found}


def counted(reader: Connection) -> int:
    [found] = rows(reader, "count_events", filter={"source": "imported"})
    assert found["is_exact"]
    number: int = found["count"]
    return number


def viewed(reader: Connection) -> set[str]:
    found = reader.execute("select actor_id from audit.event where source = 'imported'")
    return {row[0] for row in found.fetchall()}


def listed(reader: Connection, **arguments: Any) -> dict[str, int]:
    found = rows(reader, "list_actors", **arguments)
    return {row["actor_id"]: row["events"] for row in found if row["actor_type"] == "user"}


@pytest.mark.parametrize("is_closed", [False, True], ids=["open", "closed"])
@pytest.mark.parametrize("persona", ["reader", "admin", "privacy", "auditor"])
def test_no_route_gives_it(shelf: Vault, persona: str, is_closed: bool) -> None:
    if is_closed:
        shelf.operator.execute(
            "select audit.close_partition(partition_name) from audit.list_partitions() "
            "where until_time < now() - interval '24 hours'"
        )
    reader = shelf.reader(persona)
    ids = {row["actor_id"]: row["id"] for row in shelf.stored()}
    assert searched(reader) == viewed(reader) == SEEN
    assert counted(reader) == 3
    assert listed(reader) == dict.fromkeys(SEEN, 1)
    assert listed(reader, search="gone") == {}
    assert listed(reader, search="kept") == {"kept": 1}
    for filter in (
        {"id": str(ids["gone"])},
        {"actor_id": "gone"},
        {"entity_id": "g-1"},
        {"search": "expired, 4711", "source": "imported"},
        {"from": ago(401).isoformat(), "to": ago(399).isoformat(), "actor": "gone"},
    ):
        assert rows(reader, "search_events", filter=filter) == [], filter
        [count] = rows(reader, "count_events", filter=filter)
        assert (count["count"], count["is_exact"]) == (0, True), filter
    with refused("WT044"):
        rows(reader, "get_event", event_id=ids["gone"])
    for name in SEEN:
        [event] = rows(reader, "get_event", event_id=ids[name])
        assert event["actor_id"] == name
    view = "select count(*) from audit.event where id = any (%s)"
    assert reader.execute(view, (list(ids.values()),)).fetchone() == (3,)
    assert reader.execute(
        "select count(*) from audit.event where occurred_at < now() - interval '370 days'"
    ).fetchone() == (2,)
    if persona in ("admin", "privacy"):
        report = "select description from audit.report_subject(%s) where source = 'imported'"
        found = reader.execute(report, (["4711", "gone", "g-1"],)).fetchall()
        assert {row[0].split(",")[0] for row in found} == {
            "kept by a hold",
            "kept by a floor",
            "young",
        }


def test_an_auditor_s_envelopes_expire_as_well(vault: Vault, auditor: Connection) -> None:
    fields = {"action": "logging_toggled", "entity_type": "audit_toggle"}
    vault.bring(old(800, **fields), old(700, **fields), old(100, **fields))
    vault.bring(old(800, **fields), tenant="b")
    found = [r for r in rows(auditor, "list_control_events") if r["source"] == "imported"]
    assert len(found) == 2
    call(vault.admin, "set_retention", days=None, reason=REASON)
    found = [r for r in rows(auditor, "list_control_events") if r["source"] == "imported"]
    assert len(found) == 3
    assert {row["tenant_id"] for row in found} == {vault.database.tenant_a}


def test_a_service_reads_each_tenant_by_its_own_policy(vault: Vault, service: Connection) -> None:
    vault.bring(old(400, actor_id="of a"))
    vault.bring(old(400, actor_id="of b"), tenant="b")
    call(vault.admin_b, "set_retention", days=700, reason=REASON)
    for tenant_id, number in ((vault.database.tenant_a, 0), (vault.database.tenant_b, 1)):
        session = justify(service, tenant_id=tenant_id)
        with service.transaction():
            set_context(service, tenant_id=tenant_id, access_id=session)
            assert len(searched(service)) == len(viewed(service)) == number
            assert counted(service) == number


def test_a_cursor_that_was_opened_before_finds_no_more(shelf: Vault) -> None:
    reader = shelf.reader()
    shelf.bring(*[old(400, actor_id="kept", description=f"held {n}") for n in range(3)])
    filter = {"actor_id": "kept"}
    [first] = rows(reader, "search_events", filter=filter, page_size=1)
    call(shelf.admin, "release_hold", name="case 1", reason=REASON)
    assert rows(reader, "search_events", filter=filter, after=first["cursor"]) == []


Read = Callable[[Connection], object]


@pytest.mark.parametrize(
    "read", [searched, viewed, listed], ids=["search_events", "view", "list_actors"]
)
def test_an_open_transaction_sees_it_expire(vault: Vault, read: Read) -> None:
    vault.bring(old(200, actor_id="gone"))
    reader = vault.reader()
    with reader.transaction():
        assert set(read(reader)) == {"gone"}  # type: ignore[call-overload]
        vault.set_retention(30)
        assert not read(reader)


def test_a_released_hold_and_a_lengthened_policy_are_seen_at_once(shelf: Vault) -> None:
    reader = shelf.reader()
    call(shelf.admin, "set_retention", days=500, reason=REASON)
    assert searched(reader) == SEEN | {"gone"}
    shelf.set_retention(365)
    call(shelf.admin, "release_hold", name="case 1", reason=REASON)
    assert searched(reader) == viewed(reader) == {"young", "floored"}


def test_events_around_the_cut_off(vault: Vault) -> None:
    """Strictly older goes; asked behind the scenes of one moment, since no clock stands still."""
    vault.set_retention(30, is_exact=True)
    moment = ago(10)
    edge = moment - timedelta(days=30)
    vault.bring(old(edge + MICROSECOND), old(edge), old(edge - MICROSECOND))
    partition = vault.partition_of(edge)
    with vault.root.transaction():
        vault.root.execute(
            "update audit_private.retention_policy set takes_effect_at = %s", (ago(20),)
        )
        vault.root.execute("set local role audit_keeper")
        found = vault.root.execute(
            "select c.due, c.oldest_at from audit_private.event_partitions() p "
            "cross join audit_private.count_due(p.partition_name, p.until_time, %s, "
            "includes_unsealed => true) c "
            "where p.partition_name = %s",
            (moment, partition),
        ).fetchall()
    assert found == [{"due": 1, "oldest_at": edge - MICROSECOND}]


def test_a_row_s_history_ends_where_its_events_have_expired(loaded_database: Database) -> None:
    workshop = open_workshop(loaded_database)
    workshop.make(CUSTOMER)
    workshop.watch()
    workshop.app().execute(
        "insert into app.customer (id, tenant_id, name) values (1, %s, 'Anna')",
        (workshop.tenant_a,),
    )
    [event] = workshop.events()
    # As it would look 400 days later: the same event with another time, seen from behind.
    partition = "select audit_private.add_partition(%s)"
    workshop.behind.execute("set role audit_owner")
    workshop.behind.execute(partition, (ago(400),))
    workshop.behind.execute("reset role")
    aged = event | {"occurred_at": ago(400)}
    aged["id"] = workshop.behind.execute(
        "select audit_private.new_event_id(%s, 7) as id", (aged["occurred_at"],)
    ).fetchone()["id"]  # type: ignore[index]
    names = [name for name, value in aged.items() if value is not None]
    workshop.behind.execute(
        f"insert into audit_private.event ({', '.join(names)}) "
        f"values ({', '.join('%s' for _ in names)})".encode(),
        [Jsonb(aged[n]) if isinstance(aged[n], (dict, list)) else aged[n] for n in names],
    )
    with workshop.behind.transaction():
        workshop.behind.execute("set local role audit_keeper")
        workshop.behind.execute(
            "delete from audit_private.event where source = 'captured' "
            "and occurred_at > now() - interval '1 day'"
        )
    reader = workshop.reader()
    history = "select * from audit.list_row_history('app.customer', 1)"
    row = "select audit.get_row_at('app.customer', 1, now()) as row"
    assert reader.execute(history).fetchall() == []
    assert reader.execute(row).fetchone() == {"row": None}
    admin = loaded_database.connect(loaded_database.role("admin"))
    call(admin, "set_retention", days=500, reason=REASON)
    assert len(reader.execute(history).fetchall()) == 1
    found = reader.execute(row).fetchone()
    assert found is not None
    assert found["row"]["name"] == "Anna"
