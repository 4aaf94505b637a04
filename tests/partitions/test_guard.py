"""Every partition is guarded as the parent is, whoever made it and when."""

from __future__ import annotations

from typing import Any

import pytest

from walls.ledger import EVENT, REASON, Connection, call, refused, rows

from databases import Database

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


@pytest.fixture(
    params=["installed", "maintained", "imported", "of another width"],
)
def partition(request: pytest.FixtureRequest, operator: Connection, admin: Connection) -> str:
    """A partition, made in one of the ways that there are."""
    before = {p["partition_name"] for p in rows(operator, "list_partitions")}
    how = request.param
    if how == "installed":
        return max(before)
    if how == "imported":
        event: dict[str, Any] = EVENT | {
            "occurred_at": "2019-05-05T00:00:00Z",
            "idempotency_key": "k",
        }
        rows(admin, "import_events", events=[event], reason=REASON)
    else:
        options = {"partitions_ahead_weeks": "27"}
        if how == "of another width":
            options["partition_width"] = "day"
        for name, value in options.items():
            call(operator, "set_option", name=name, value=value, reason=REASON)
        operator.execute("call audit.maintain_partitions()")
    made = {p["partition_name"] for p in rows(operator, "list_partitions")} - before
    assert made
    return max(made)


def test_it_has_the_parent_s_guard(root: Connection, partition: str) -> None:
    parent, own = (
        root.execute(GUARD, (f"audit_private.{name}",)).fetchone() for name in ("event", partition)
    )
    assert own == parent
    assert own is not None
    assert own[:3] == (True, True, "audit_owner")
    parent_policies, own_policies = (
        root.execute(POLICIES, (f"audit_private.{name}",)).fetchall()
        for name in ("event", partition)
    )
    assert own_policies
    # Addressed directly, a partition is read by fewer: the finder goes through the parent.
    assert set(own_policies) <= set(parent_policies)
    assert "Events leave only to their tenant" in {name for name, _, _ in own_policies}


def test_people_and_engine_roles_hold_no_more_on_it_than_on_the_parent(
    root: Connection, partition: str
) -> None:
    held = """
        select r.rolname, p.may
        from pg_roles r
        cross join unnest('{select,insert,update,delete,references,trigger}'::text[]) as p (may)
        where r.rolname like any ('{audit\\_%%,test\\_%%}') and not r.rolsuper
          and has_table_privilege(r.oid, %s::regclass, p.may)
    """
    parent = set(root.execute(held, ("audit_private.event",)).fetchall())
    own = set(root.execute(held, (f"audit_private.{partition}",)).fetchall())
    assert own <= parent
    truncating = root.execute(
        "select rolname from pg_roles where not rolsuper and rolname <> 'audit_keeper' "
        "and has_table_privilege(oid, %s::regclass, 'truncate') "
        "and not pg_has_role(oid, 'audit_keeper', 'usage')",
        (f"audit_private.{partition}",),
    ).fetchall()
    assert truncating == []


def test_the_superuser_changes_nothing_in_it(
    loaded_database: Database, root: Connection, partition: str
) -> None:
    for statement in ("update {} set salt = null", "delete from {}", "truncate {}"):
        with refused("WT070", case=statement):
            root.execute(statement.format(f"audit_private.{partition}"))
