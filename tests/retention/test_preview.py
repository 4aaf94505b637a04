"""What is previewed is what is removed, and both are what plain Python says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retention.vault import DAY, MICROSECOND, Vault, ago, old
from walls.ledger import NIL, REASON, call, rows

from databases import TENANTS

MIDNIGHT = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
MONDAY = MIDNIGHT - timedelta(days=MIDNIGHT.weekday())
BOUNDS = [MONDAY - n * 7 * DAY for n in (4, 5, 6, 10, 58, 60, 80)]
SHIFTS = [timedelta(), -MICROSECOND, MICROSECOND, timedelta(days=3, hours=5), timedelta(hours=-7)]
MOMENTS = [bound + shift for bound in BOUNDS for shift in SHIFTS]
CATEGORIES = {
    "user_created": "admin_actions",
    "file_uploaded": "file_operations",
    "logging_toggled": "audit_control",
}
ENTITIES = {"user_created": "user", "file_uploaded": "file", "logging_toggled": "audit_toggle"}

# Days that end an hour away from any moment above, and days that end in no partition of ours.
DAYS = sorted({(MIDNIGHT - bound).days + extra for bound in BOUNDS for extra in (-2, 0, 1, 4)})
days_of = st.sampled_from([d for d in DAYS if 0 < d <= 2555])
policy = st.none() | st.tuples(st.none() | days_of, st.booleans())
event = st.tuples(
    st.sampled_from("ab"),
    st.sampled_from(MOMENTS),
    st.sampled_from(list(CATEGORIES)),
    st.sampled_from(["anna", "erik"]),
)
LATEST = datetime.max.replace(tzinfo=UTC)


def is_sound(filter: dict[str, Any]) -> bool:
    return bool(filter.get("from", MOMENTS[-1]) <= filter.get("to", LATEST))


optional: dict[str, st.SearchStrategy[Any]] = {
    "actor_id": st.sampled_from(["anna", "erik"]),
    "category": st.sampled_from(sorted(set(CATEGORIES.values()))),
    "from": st.sampled_from(MOMENTS),
    "to": st.sampled_from(MOMENTS),
}
filter_of: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries({}, optional=optional)
hold = st.tuples(st.sampled_from("ab"), filter_of.filter(is_sound))
floors = st.fixed_dictionaries(
    {}, optional={"file_operations": days_of, "audit_control": st.sampled_from([365, 600])}
)


@dataclass
class Book:
    """Policies, floors, holds and partitions, as plain Python."""

    policies: dict[UUID, tuple[int | None, bool]]
    floors: dict[str, int]
    holds: list[tuple[UUID, dict[str, Any]]]
    partitions: list[tuple[datetime, datetime]]

    def removable_before(self, cutoff: datetime, is_exact: bool, until: datetime) -> datetime:
        if until <= cutoff:
            return until
        return cutoff if is_exact else datetime.min.replace(tzinfo=UTC)

    def is_held(self, event: dict[str, Any]) -> bool:
        return any(
            tenant_id == event["tenant_id"]
            and event["occurred_at"] >= filter.get("from", event["occurred_at"])
            and ("to" not in filter or event["occurred_at"] < filter["to"])
            and event["actor_id"] == filter.get("actor_id", event["actor_id"])
            and filter.get("category") in (None, CATEGORIES[event["action"]])
            for tenant_id, filter in self.holds
        )

    def verdict(self, event: dict[str, Any], at: datetime) -> str:
        """Say whether a purge at a moment keeps an event, and why."""
        days, is_exact = self.policies.get(event["tenant_id"], (365, False))
        if days is None:
            return "young"
        moment = event["occurred_at"]
        [until] = [until for start, until in self.partitions if start <= moment < until]
        cutoff = at - timedelta(days=days)
        if moment >= self.removable_before(cutoff, is_exact, until):
            return "young" if moment >= cutoff else "waiting"
        if self.is_held(event):
            return "hold"
        floor = self.floors.get(CATEGORIES[event["action"]])
        if floor is not None:
            least = min(cutoff, at - timedelta(days=floor))
            if moment >= self.removable_before(least, is_exact, until):
                return "floor"
        return "due"


def clear(vault: Vault) -> None:
    """Begin anew: no event from elsewhere, no policy, floor or hold."""
    with vault.root.transaction():
        vault.root.execute("set local role audit_keeper")
        vault.is_tampered_with = True
        vault.root.execute("delete from audit_private.event where source = 'imported'")
    for table in ("retention_policy", "retention_floor", "legal_hold"):
        vault.root.execute(f"delete from audit_private.{table}".encode())


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    events=st.lists(event, min_size=1, max_size=20),
    policies=st.fixed_dictionaries({"a": policy, "b": policy}),
    floors=floors,
    holds=st.lists(hold, max_size=2),
)
def test_preview_purge_and_python_agree(
    vault: Vault,
    events: list[tuple[str, datetime, str, str]],
    policies: dict[str, tuple[int | None, bool] | None],
    floors: dict[str, int],
    holds: list[tuple[str, dict[str, Any]]],
) -> None:
    clear(vault)
    for tenant in "ab":
        mine = [
            old(moment, action=action, entity_type=ENTITIES[action], actor_id=actor)
            for whose, moment, action, actor in events
            if whose == tenant
        ]
        if mine:
            vault.bring(*mine, tenant=tenant)
        given = policies[tenant]
        if given is not None:
            vault.set_retention(given[0], tenant, given[1])
    for category, days in floors.items():
        vault.set_floor(category, days)
    for number, (tenant, filter) in enumerate(holds):
        asked = {
            key: value.isoformat() if isinstance(value, datetime) else value
            for key, value in filter.items()
        }
        vault.hold(f"case {number}", asked, tenant)

    partitions = rows(vault.operator, "list_partitions")
    book = Book(
        {TENANTS[tenant]: given for tenant, given in policies.items() if given is not None},
        {"audit_control": 730, "audit_access": 730} | floors,
        [(TENANTS[tenant], filter) for tenant, filter in holds],
        [(p["from_time"], p["until_time"]) for p in partitions],
    )
    before = vault.stored()
    now = datetime.now(UTC)
    verdicts = {row["id"]: book.verdict(row, now) for row in before}

    previews = {row["tenant_id"]: row for row in rows(vault.operator, "preview_purge")}
    assert set(previews) == {*TENANTS.values(), NIL}
    vault.purge()
    after = {row["id"]: row for row in vault.stored()}
    receipts = {row["tenant_id"]: row for row in rows(vault.operator, "list_purges", up_to=3)}

    gone = {id for id, verdict in verdicts.items() if verdict == "due"}
    assert {row["id"] for row in before} - set(after) == gone
    assert all(after[row["id"]] == row for row in before if row["id"] in after)
    for tenant_id in TENANTS.values():
        own = {row["id"]: row["occurred_at"] for row in before if row["tenant_id"] == tenant_id}
        told = [verdicts[id] for id in own]
        due = [moment for id, moment in own.items() if verdicts[id] == "due"]
        preview, receipt = previews[tenant_id], receipts[tenant_id]
        assert preview["due"] == receipt["predicted"] == receipt["removed"] == len(due)
        assert preview["kept_by_hold"] == receipt["kept_by_hold"] == told.count("hold")
        assert preview["kept_by_floor"] == receipt["kept_by_floor"] == told.count("floor")
        assert (preview["oldest_at"], preview["newest_at"]) == (
            min(due, default=None),
            max(due, default=None),
        )
        assert (receipt["oldest_removed_at"], receipt["newest_removed_at"]) == (
            min(due, default=None),
            max(due, default=None),
        )
        assert (preview["days"], preview["is_exact"]) == (receipt["days"], receipt["is_exact"])
        assert receipt["error"] is None
    assert vault.last_run()["result"] == "succeeded"
    again = rows(vault.operator, "preview_purge")
    assert {row["due"] for row in again} == {0}


def test_what_waits_for_its_partition_is_told(vault: Vault) -> None:
    """Shown as waiting: what an exact policy would remove tonight, and this one doesn't."""
    call(vault.operator, "set_option", name="partition_width", value="month", reason=REASON)
    month = (MIDNIGHT - 400 * DAY).replace(day=1)
    vault.bring(*[old(month + n * DAY) for n in (1, 2, 20)])
    vault.set_retention((MIDNIGHT - month).days - 10)
    found = vault.preview()
    assert (found["due"], found["waiting_for_partition"]) == (0, 2)
    assert (found["oldest_at"], found["newest_at"]) == (None, None)


def test_each_sees_the_preview_that_is_theirs(
    vault: Vault, auditor: psycopg.Connection[Any]
) -> None:
    vault.bring(old(), old())
    vault.bring(old(), tenant="b")
    for connection in (vault.operator, auditor):
        found = {row["tenant_id"]: row["due"] for row in rows(connection, "preview_purge")}
        assert found == {TENANTS["a"]: 2, TENANTS["b"]: 1, NIL: 0}
    [found_b] = rows(vault.admin_b, "preview_purge")
    assert (found_b["tenant_id"], found_b["due"]) == (TENANTS["b"], 1)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        rows(vault.reader("privacy"), "preview_purge")


def test_a_preview_changes_nothing(vault: Vault) -> None:
    vault.bring(old(ago(400)))
    for connection in (vault.admin, vault.operator):
        rows(connection, "preview_purge")
        with connection.transaction():
            connection.execute("set transaction read only")
            rows(connection, "preview_purge")
    assert len(vault.left()) == 1
    assert vault.receipts() == []
