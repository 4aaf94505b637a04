"""A hold keeps exactly the events that a search with its filter finds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retention.vault import MICROSECOND, Vault, old
from walls.ledger import REASON, call, rows

from databases import TENANTS

MIDNIGHT = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
MOMENTS = [
    MIDNIGHT - timedelta(days=days) + shift
    for days in (400, 410)
    for shift in (timedelta(), MICROSECOND, timedelta(hours=5, minutes=30))
]
ZONES = ["UTC", "Pacific/Kiritimati", "America/St_Johns"]
CATEGORIES = {
    "user_created": "admin_actions",
    "role_created": "admin_actions",
    "file_uploaded": "file_operations",
}
NAMES = ["anna", "Anna's", "5", "a%", 'a\\b"', "null", "{}", "Å"]
choices: dict[str, list[Any]] = {
    "source": ["logged", "captured", "imported"],
    "action": list(CATEGORIES),
    "entity_type": ["user", "role", "file"],
    "actor_type": ["user", "system", "api_key", "database_role"],
    "outcome": ["success", "failure"],
}
names = st.sampled_from(NAMES)
event = st.fixed_dictionaries(
    {key: st.sampled_from(values) for key, values in choices.items()}
    | {
        "occurred_at": st.sampled_from(MOMENTS),
        "actor_id": st.none() | names,
        "entity_id": st.none() | names,
    }
)


def one_or_many(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return values | st.lists(values, min_size=1, max_size=3)


times = st.sampled_from(
    [moment.isoformat() for moment in MOMENTS]
    + [(MIDNIGHT - timedelta(days=days)).date().isoformat() for days in (399, 400, 401, 410)]
)
filter_of = st.fixed_dictionaries(
    {},
    optional={key: one_or_many(st.sampled_from(values)) for key, values in choices.items()}
    | {
        "category": one_or_many(
            st.sampled_from([*sorted(set(CATEGORIES.values())), "audit_access"])
        ),
        "actor_id": one_or_many(st.none() | names | st.just(5)),
        "entity_id": one_or_many(st.none() | names | st.just(5)),
        "from": times,
        "to": times,
    },
).filter(lambda f: "from" not in f or "to" not in f or f["from"][:10] <= f["to"][:10])

PUT = """
insert into audit_private.event (
  tenant_id, occurred_at, id, recorded_at, sequence, transaction_id, salt, source, action,
  entity_type, actor_type, outcome, recorded_by, description, actor_id, entity_id)
select %(tenant)s, %(occurred_at)s, audit_private.new_event_id(%(occurred_at)s, %(n)s), now(),
  %(n)s, 1, gen_random_uuid(), %(source)s, %(action)s, %(entity_type)s, %(actor_type)s, %(outcome)s,
  'test', 'matched', %(actor_id)s, %(entity_id)s
returning id
"""
MINE = "select id from audit_private.event where description = 'matched' and tenant_id = %s"


@pytest.fixture
def archive(vault: Vault) -> Vault:
    """Old partitions, and an administrator who reads."""
    vault.bring(*[old(moment) for moment in MOMENTS])
    call(vault.admin, "open_access", access_reason="audit_review", justification=REASON)
    return vault


def search(vault: Vault, filter: dict[str, Any]) -> set[UUID]:
    """Ids of all of our events that a filter finds, page by page."""
    found: set[UUID] = set()
    cursor = None
    while page := rows(vault.admin, "search_events", filter=filter, page_size=1000, after=cursor):
        found |= {row["id"] for row in page if row["description"] == "matched"}
        cursor = page[-1]["cursor"]
    return found


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    events=st.lists(event, min_size=1, max_size=8),
    filters=st.lists(
        st.tuples(filter_of, st.sampled_from(ZONES), st.lists(st.integers(0, 9), max_size=2)),
        min_size=1,
        max_size=2,
    ),
)
def test_a_hold_keeps_what_a_search_finds(
    archive: Vault,
    events: list[dict[str, Any]],
    filters: list[tuple[dict[str, Any], str, list[int]]],
) -> None:
    vault = archive
    with vault.root.transaction():
        vault.root.execute("set local role audit_keeper")
        vault.is_tampered_with = True
        vault.root.execute("delete from audit_private.event where source <> 'system'")
    vault.root.execute("delete from audit_private.legal_hold")
    # Nothing has expired while the searches are made.
    call(vault.admin, "set_retention", days=None, reason=REASON)
    with vault.root.transaction():
        found_ids = [
            vault.root.execute(PUT, values | {"n": n, "tenant": TENANTS[tenant]}).fetchone()["id"]  # type: ignore[index]
            for tenant in "ab"
            for n, values in enumerate(events, 1)
        ]

    wanted: set[UUID] = set()
    for number, (filter, zone, places) in enumerate(filters):
        vault.admin.execute("select set_config('timezone', %s, false)", (zone,))
        asked = dict(filter)
        chosen = [str(found_ids[place]) for place in places if place < len(found_ids)]
        if chosen:
            asked["id"] = chosen
        try:
            wanted |= search(vault, asked)
        except psycopg.Error as refusal:
            if refusal.sqlstate != "WT040" or "later than" not in str(refusal):
                raise
            continue
        assert call(vault.admin, "place_hold", name=f"case {number}", filter=asked, reason=REASON)
    vault.admin.execute("set timezone = 'UTC'")

    # By the wall, by the gate and by the purge.
    vault.set_retention(365)
    seen = vault.admin.execute("select id from audit.event where description = 'matched'")
    assert {row[0] for row in seen.fetchall()} == wanted
    assert search(vault, {}) == wanted
    assert vault.preview()["kept_by_hold"] == len(wanted)
    vault.purge()
    left = vault.root.execute(MINE, (TENANTS["a"],)).fetchall()
    assert {row["id"] for row in left} == wanted
    assert vault.root.execute(MINE, (TENANTS["b"],)).fetchall() == []
