"""Every partition is guarded as the parent is, whoever made it and when."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from walls.ledger import EVENT, REASON, Connection, call, refused, rows

PAST: dict[str, Any] = EVENT | {"occurred_at": "2019-05-05T00:00:00Z", "idempotency_key": "k"}
GUARD = """
    select c.relrowsecurity, c.relforcerowsecurity, c.relowner::regrole::text,
      (select array_agg(format('%%s %%s', g.tgname, g.tgenabled) order by 1)
        from pg_trigger g where g.tgrelid = c.oid and not g.tgisinternal),
      (select array_agg(format('%%s %%s', i.indisunique, pg_get_indexdef(i.indexrelid, k, true))
          order by i.indexrelid, k)
        from pg_index i, generate_series(1, i.indnatts) k where i.indrelid = c.oid),
      (select array_agg(format('%%s %%s', a.attname, a.atttypid::regtype) order by a.attnum)
        from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)
    from pg_class c
    where c.oid = %s::regclass
"""
POLICIES = """
    select polname, polcmd, pg_get_expr(polqual, polrelid)
    from pg_policy
    where polrelid = %s::regclass and polcmd in ('r', 'd', '*')
    order by 1
"""


@pytest.fixture
def made(operator: Connection, admin: Connection) -> dict[str, str]:
    """A partition made in each of the ways that there are."""

    def known() -> set[str]:
        return {p["partition_name"] for p in rows(operator, "list_partitions")}

    def maintain(**options: str) -> None:
        for name, value in options.items():
            call(operator, "set_option", name=name, value=value, reason=REASON)
        operator.execute("call audit.maintain_partitions()")

    found = {"installed": max(known())}
    ways: dict[str, Callable[[], object]] = {
        "maintained": lambda: maintain(partitions_ahead_weeks="28"),
        "of another width": lambda: maintain(partition_width="day", partitions_ahead_weeks="29"),
        "imported": lambda: rows(admin, "import_events", events=[PAST], reason=REASON),
    }
    for how, act in ways.items():
        before = known()
        act()
        found[how] = max(known() - before)
    return found


def test_each_has_the_parent_s_guard(root: Connection, made: dict[str, str]) -> None:
    parent = root.execute(GUARD, ("audit_private.event",)).fetchone()
    policies = root.execute(POLICIES, ("audit_private.event",)).fetchall()
    assert parent is not None
    assert parent[:3] == (True, True, "audit_owner")
    for how, partition in made.items():
        table = f"audit_private.{partition}"
        assert root.execute(GUARD, (table,)).fetchone() == parent, how
        own = root.execute(POLICIES, (table,)).fetchall()
        # Addressed directly, a partition is read by fewer: the finder goes through the parent.
        assert set(own) <= set(policies), how
        assert "Events leave only to their tenant, with a reason" in {name for name, *_ in own}, how


def test_nobody_holds_more_on_one_than_on_the_parent(
    root: Connection, made: dict[str, str]
) -> None:
    held = """
        select r.rolname, p.may
        from pg_roles r
        cross join unnest('{select,insert,update,delete,references,trigger}'::text[]) as p (may)
        where not r.rolsuper and has_table_privilege(r.oid, %s::regclass, p.may)
    """
    truncating = """
        select r.rolname
        from pg_roles r
        where has_table_privilege(r.oid, %s::regclass, 'truncate')
          and not pg_has_role(r.oid, 'audit_keeper', 'usage')
    """
    parent = set(root.execute(held, ("audit_private.event",)).fetchall())
    for how, partition in made.items():
        table = f"audit_private.{partition}"
        assert set(root.execute(held, (table,)).fetchall()) <= parent, how
        assert root.execute(truncating, (table,)).fetchall() == [], how


def test_the_superuser_changes_nothing_in_any(root: Connection, made: dict[str, str]) -> None:
    for how, partition in made.items():
        for statement in ("update {} set salt = null", "delete from {}", "truncate {}"):
            with refused("WT070", case=(how, statement)):
                root.execute(statement.format(f"audit_private.{partition}"))
