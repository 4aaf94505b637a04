"""The view audit.event: the same rules as the functions, and nothing before they were asked."""

from __future__ import annotations

import contextlib

import psycopg
import pytest

from reading.desk import Desk, connect

from databases import Database

LEAK = """
create schema attack;
grant usage on schema attack to public;
create function attack.leak(text) returns boolean language plpgsql cost 0.0000001
as $$ begin raise notice 'leaked %', $1; return true; end $$;
"""


def put_secrets(desk: Desk, other_desk: Desk) -> None:
    desk.put(description="secret of a")
    other_desk.put(description="secret of b")
    desk.hand.execute(LEAK)


@pytest.mark.parametrize(
    "statement",
    [
        "select from audit.event where attack.leak(description)",
        "select from audit.event where attack.leak(description) and id = gen_random_uuid()",
        "select max(occurred_at) from audit.event where attack.leak(description)",
        "select from audit.event e join (values (1)) v (n) on attack.leak(e.description)",
        "select from (values (1)) v (n) left join audit.event e on attack.leak(e.description)",
        "select from (values (1)) v (n) where exists "
        "(select from audit.event e where not attack.leak(e.description))",
    ],
)
@pytest.mark.parametrize("plan", ["", "enable_indexscan", "enable_nestloop", "enable_hashjoin"])
def test_a_leaky_function_sees_nothing_too_early(
    desk: Desk, other_desk: Desk, statement: str, plan: str
) -> None:
    put_secrets(desk, other_desk)
    privacy = connect(desk.database, desk.database.role("privacy"))
    seen: list[str] = []
    for connection in (privacy, desk.reader):
        connection.add_notice_handler(lambda notice: seen.append(notice.message_primary or ""))
        if plan:
            connection.execute(f"set {plan} = off")
    with pytest.raises(psycopg.Error) as refused:
        privacy.execute(statement)
    assert refused.value.sqlstate == "WT030"
    assert seen == []
    desk.reader.execute(statement)
    assert not any("secret of b" in message for message in seen)
    if "gen_random_uuid" not in statement:
        assert any("secret of a" in message for message in seen)


def test_each_tenant_sees_its_own(desk: Desk, other_desk: Desk) -> None:
    put_secrets(desk, other_desk)
    for one in (desk, other_desk):
        found = one.reader.execute("select tenant_id, description from audit.event").fetchall()
        assert {row["tenant_id"] for row in found} == {one.tenant_id}
        assert [r["description"] for r in found if r["description"].startswith("secret")] == [
            "secret of a" if one is desk else "secret of b"
        ]


def test_forged_settings_open_nothing(desk: Desk, other_desk: Desk) -> None:
    for setting in ("pgwitness.tenant_id", "pgwitness.named_tenant"):
        desk.reader.execute(
            "select set_config(%s, %s, false)", (setting, str(other_desk.tenant_id))
        )
        with contextlib.suppress(psycopg.DatabaseError):
            found = desk.reader.execute("select tenant_id from audit.event").fetchall()
            assert {row["tenant_id"] for row in found} == {desk.tenant_id}
        desk.reader.execute("select set_config(%s, '', false)", (setting,))


def test_newest_rows_stream(desk: Desk) -> None:
    """The newest page of a large log isn't sorted out of all of it."""
    desk.hand.execute(
        "insert into audit_private.event (tenant_id, occurred_at, id, recorded_at, sequence, "
        "transaction_id, source, action, entity_type, actor_type, outcome, recorded_by) "
        "select %s, t.moment, audit_private.new_event_id(t.moment, g), t.moment, g, 1, 'logged', "
        "'user_created', 'user', 'user', 'success', 'app' from generate_series(1, 20000) g "
        "cross join lateral (select now() - g * interval '1 second' as moment) t",
        (desk.tenant_id,),
    )
    desk.hand.execute("analyze audit_private.event")
    plan = "\n".join(
        row["QUERY PLAN"]
        for row in desk.reader.execute(
            "explain select * from audit.event order by occurred_at desc, id desc limit 50"
        ).fetchall()
    )
    assert "Sort" not in plan
    assert "One-Time Filter" in plan


def test_the_tables_themselves_are_out_of_reach(desk: Desk) -> None:
    for statement in (
        "select from audit_private.event",
        "select from audit_private.readable_event",
        "select audit_private.open_reading()",
        "select audit_private.find_events(gen_random_uuid(), 'true', now(), now(), null, null, 1)",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            desk.reader.execute(statement)
    for statement in (
        "insert into audit.event (description) values ('forged')",
        "delete from audit.event",
        "update audit.event set description = 'forged'",
    ):
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="cannot"):
            desk.reader.execute(statement)


@pytest.mark.parametrize("persona", ["admin", "privacy", "auditor"])
def test_other_readers_may_too(loaded_database: Database, persona: str) -> None:
    connection = connect(loaded_database, loaded_database.role(persona))
    connection.execute(
        "select audit.open_access(access_reason => 'other', justification => 'Just a look at it')"
    )
    assert connection.execute("select from audit.event").rowcount > 0
