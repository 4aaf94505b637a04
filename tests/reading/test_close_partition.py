"""A partition that is no longer written to gets its indexes, once, and they are used."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg.rows import DictRow

from reading.desk import Desk, connect

from databases import Database

OLD = datetime.now(UTC) - timedelta(days=30)
CLOSE = "select audit.close_partition(partition => %s) as made"


def add_old_partition(desk: Desk) -> str:
    with desk.hand.transaction():
        desk.hand.execute("set local role audit_owner")
        row = desk.hand.execute("select audit_private.add_partition(%s) as name", (OLD,)).fetchone()
    assert row is not None
    assert isinstance(row["name"], str)
    return row["name"]


def close(operator: psycopg.Connection[DictRow], partition: str) -> int:
    row = operator.execute(CLOSE, (partition,)).fetchone()
    assert row is not None
    assert isinstance(row["made"], int)
    return row["made"]


@pytest.fixture
def operator(loaded_database: Database) -> psycopg.Connection[DictRow]:
    return connect(loaded_database, loaded_database.role("operator"))


def test_closing_is_idempotent_and_adds_what_is_lacking(
    desk: Desk, operator: psycopg.Connection[DictRow]
) -> None:
    partition = add_old_partition(desk)
    desk.put(OLD)
    assert close(operator, partition) == 3
    assert close(operator, partition) == 0
    closed = operator.execute(
        "select partition_name from audit.list_partitions() where is_closed"
    ).fetchall()
    assert closed == [{"partition_name": partition}]
    desk.hand.execute("create schema extensions")
    desk.hand.execute("create extension pg_trgm schema extensions")
    assert close(operator, partition) == 0, "the owner may not use that schema"
    desk.hand.execute("grant usage on schema extensions to audit_owner")
    assert close(operator, partition) == 1
    assert close(operator, partition) == 0
    assert desk.search({"search": "event"})[-1]["description"] == "An event"


def test_a_partition_that_is_written_to_stays_open(
    desk: Desk, operator: psycopg.Connection[DictRow]
) -> None:
    rows = operator.execute(
        "select partition_name from audit.list_partitions() "
        "where until_time > now() - interval '24 hours'"
    ).fetchall()
    for row in rows:
        for setting in ("on", "off"):
            operator.execute(f"set standard_conforming_strings = {setting}")
            with pytest.raises(psycopg.Error) as refused:
                close(operator, row["partition_name"])
            assert refused.value.sqlstate == "WT085"
    for name in ("event", "audit_private.event", "nix; drop table x", None):
        with pytest.raises(psycopg.Error) as refused:
            operator.execute(CLOSE, (name,))
        assert refused.value.sqlstate == "WT016"


@pytest.mark.parametrize("persona", ["reader", "admin", "privacy", "auditor", "app", "stranger"])
def test_only_operators_close(loaded_database: Database, persona: str) -> None:
    connection = connect(loaded_database, loaded_database.role(persona))
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(CLOSE, ("event",))


def test_the_statements_also_build_concurrently(
    desk: Desk, operator: psycopg.Connection[DictRow]
) -> None:
    """One by one, and again after a build that broke off."""
    desk.hand.execute("create extension pg_trgm")
    partition = add_old_partition(desk)
    desk.put(OLD)
    desk.hand.execute("set role audit_owner")

    def statements() -> list[str]:
        return [
            row["statement"]
            for row in desk.hand.execute(
                "select s.statement "
                "from audit_private.partition_index_statements(%s, true) as s (statement)",
                (partition,),
            ).fetchall()
        ]

    assert len(statements()) == 4
    assert all(s.startswith("create index concurrently") for s in statements())
    for statement in statements():
        desk.hand.execute(statement)
    assert statements() == []

    desk.hand.execute("reset role")
    desk.hand.execute(
        "update pg_index set indisvalid = false "
        "where indexrelid = format('audit_private.%%I', %s || '_action_idx')::regclass",
        (partition,),
    )
    desk.hand.execute("set role audit_owner")
    first, second = statements()
    assert first.startswith("drop index concurrently")
    for statement in (first, second):
        desk.hand.execute(statement)
    assert statements() == []
    assert close(operator, partition) == 0


@pytest.mark.parametrize(
    ("filter", "index"),
    [
        ("actor_id = 'actor 7'", "actor_idx"),
        ("entity_type = 'user' and entity_id = '7'", "entity_idx"),
        ("action = 'role_created'", "action_idx"),
        (
            "audit_private.search_text_v1(description, actor, target, metadata) ilike '%xylo%'",
            "search_idx",
        ),
    ],
)
def test_each_index_is_used(
    desk: Desk, operator: psycopg.Connection[DictRow], filter: str, index: str
) -> None:
    desk.hand.execute("create extension pg_trgm")
    partition = add_old_partition(desk)
    desk.hand.execute(
        "insert into audit_private.event (tenant_id, occurred_at, id, recorded_at, sequence, "
        "transaction_id, source, action, entity_type, entity_id, actor_type, actor_id, outcome, "
        "recorded_by, description) "
        "select %s, t.moment, audit_private.new_event_id(t.moment, g), t.moment, g, 1, 'logged', "
        "case when g %% 500 = 1 then 'role_created' else 'user_created' end, 'user', "
        "(g %% 900)::text, 'user', 'actor ' || g %% 700, 'success', 'app', "
        "case when g = 9 then 'xylophone' else 'ordinary words' end "
        "from generate_series(1, 5000) g cross join lateral "
        "(select %s::timestamptz + g * interval '1 millisecond' as moment) t",
        (desk.tenant_id, OLD),
    )
    assert close(operator, partition) == 4
    desk.hand.execute("set role audit_finder")
    plan = "\n".join(
        row["QUERY PLAN"]
        for row in desk.hand.execute(
            f"explain select occurred_at, id from audit_private.event "
            f"where tenant_id = '{desk.tenant_id}' and occurred_at >= '{OLD}' "
            f"and occurred_at < '{OLD + timedelta(minutes=1)}' and {filter} "
            "order by occurred_at desc, id desc limit 100"
        ).fetchall()
    )
    assert f"{partition}_{index}" in plan
