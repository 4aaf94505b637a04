"""Compares purges with plain DELETE and VACUUM, and with the batched purge of another system.

The log is in a database of its own. Events lie in weeks more than a year ago, whose partitions are
closed and frozen, as upkeep leaves them.

- Expired partition: one partition with events of three tenants; one in 2,000 is of a mandatory
  action, which a floor keeps, and a few are held. Ours is `call audit.purge_events()`, with its
  prediction and receipts. The other side deletes the same events from a twin with the same indexes,
  without security or triggers, and vacuums it. The WAL of both is compared too.
- Batched: of 1,000,000 events 600,000 are one tenant's, and half of these have expired, under the
  policy `exact`; nine tenants keep theirs for ever in the same partitions. The other side has the
  same rows in the order in which they came, in one heap with eight indexes (two of them GIN, six
  only for rows that aren't marked as deleted), and is purged by ids in batches of 5,000 within one
  transaction until a batch is empty.
- Linear: what a row costs when four times as many are deleted from a partition that keeps more.
- Nothing to do: a purge right after another, a tenant, against the other side's statement that
  finds nothing.
- Writers: pgbench's slowest hundredth of single log_event calls while partitions are made, closed,
  purged and dropped, against the same while nothing else goes on.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

from bench.stage import (
    ADMIN,
    TENANT,
    Comparison,
    Place,
    add_login,
    pgbench_latencies,
    relate,
    set_up,
    tell,
)

OPERATOR = "bench_operator"
DATABASE = "pgwitness_bench_retention"
OTHER_TENANTS = [UUID(int=TENANT.int + number) for number in (1, 2)]
IDLE_TENANTS = 50
MANDATORY_ONE_IN = 2_000
HELD_ACTOR = "user 500"
HELD_ONE_IN = 10_000
WEEK = timedelta(days=7)

FILL = """
insert into audit_private.event (
  tenant_id, occurred_at, id, recorded_at, sequence, transaction_id, salt, source, action,
  entity_type, actor_type, outcome, recorded_by, actor_id, entity_id, description, actor, target,
  metadata
)
select
  (%(tenants)s::uuid[])[1 + e.n %% %(tenant_count)s], e.moment,
  audit_private.new_event_id(e.moment, e.n), e.moment, e.n, txid_current(),
  gen_random_uuid(), 'imported',
  case when e.n %% %(mandatory)s = 0 then 'audit_log_viewed' else 'assistant_updated' end,
  'assistant', 'user', 'success', 'bench',
  case when e.n %% %(held)s = 1 then %(actor)s else 'user ' || e.n %% 499 end,
  'thing ' || e.n %% 99991,
  concat_ws(' ', 'User', e.n %% 997, 'changed', md5(e.n::text), 'in space',
    md5((e.n %% 1009)::text)),
  jsonb_build_object('id', 'user ' || e.n %% 997, 'name', 'User ' || e.n %% 997),
  jsonb_build_object('id', 'thing ' || e.n %% 99991, 'name', md5((e.n %% 99991)::text)),
  jsonb_build_object('via', 'web', 'request', md5(e.n::text))
from (
  select n, %(start)s::timestamptz + %(span)s * (n / %(rows)s::float8) as moment
  from generate_series(1, %(rows)s::bigint) as n
) e
"""

OTHER_TABLE = """
drop table if exists bench.other;
create extension if not exists btree_gin;
create table bench.other (
  id uuid primary key default gen_random_uuid(),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  tenant_id uuid not null,
  actor_id uuid,
  actor_type varchar(50) not null,
  action varchar(100) not null,
  entity_type varchar(50) not null,
  entity_id uuid not null,
  "timestamp" timestamptz not null,
  ip_address inet,
  user_agent text,
  request_id uuid,
  description text not null,
  metadata jsonb not null default '{}',
  outcome varchar(20) not null default 'success',
  error_message text,
  deleted_at timestamptz
);
insert into bench.other (
  tenant_id, actor_id, actor_type, action, entity_type, entity_id, "timestamp", description,
  metadata
)
select %(tenant)s, md5('user ' || n %% 499)::uuid, 'user', 'assistant_updated', 'assistant',
  md5('thing ' || n %% 99991)::uuid, now() - interval '1 day' * (540.0 * n / %(rows)s),
  concat_ws(' ', 'User', n %% 997, 'changed', md5(n::text), 'in space', md5((n %% 1009)::text)),
  jsonb_build_object(
    'actor', jsonb_build_object('id', 'user ' || n %% 997, 'name', 'User ' || n %% 997),
    'target', jsonb_build_object('id', 'thing ' || n %% 99991, 'name', md5((n %% 99991)::text)))
from generate_series(1, %(rows)s::bigint) as n
order by n desc;
create index on bench.other (tenant_id, entity_type, entity_id);
create index on bench.other (tenant_id, "timestamp" desc, id desc) where deleted_at is null;
create index on bench.other (tenant_id, action, "timestamp" desc, id desc) where deleted_at is null;
create index on bench.other (tenant_id, actor_id, "timestamp" desc, id desc)
  where deleted_at is null;
create index on bench.other using gin (tenant_id, lower(description) gin_trgm_ops)
  where deleted_at is null;
create index on bench.other using gin (metadata jsonb_path_ops) where deleted_at is null;
create index on bench.other (tenant_id, (metadata -> 'target' ->> 'id')) where deleted_at is null;
"""

OTHER_BATCH = """
delete from bench.other where id in (
  select id from bench.other where tenant_id = %s and "timestamp" < %s limit 5000
)
"""


def compare_retention(place: Place, *, runs: int, rows: int, seconds: float) -> list[Comparison]:
    """Compare purges; `rows` events in the expired partition, a tenth of 300,000 and 1,000,000
    where there are fewer than a million.

    Args:
        place: A server to spare.
        runs: Runs of each side.
        rows: Events in the partition that expires as a whole.
        seconds: Length of a writer's run.
    """
    with place.other_database(DATABASE) as own:
        set_up(own)
        _set_up_tenants(own)
        comparisons = _compare_partition(own, runs, rows)
        comparisons += _compare_batches(own, runs, min(rows, 1_000_000))
        comparisons.append(_compare_linear(own, runs, min(rows, 1_000_000) // 10))
        comparisons.append(_compare_writers(own, runs, min(rows, 1_000_000), seconds))
    return comparisons


def _set_up_tenants(place: Place) -> None:
    with place.connect() as connection:
        add_login(connection, OPERATOR, "audit_operator")
    with place.connect(OPERATOR) as operator:
        for tenant_id in OTHER_TENANTS:
            operator.execute(
                "select audit.register_tenant(tenant_id => %s, name => 'Other')", [tenant_id]
            )
    _act(
        place,
        ADMIN,
        "select audit.place_hold(name => 'Case 1', filter => %s::jsonb, reason => %s)",
        [json.dumps({"actor_id": HELD_ACTOR}), "held while the bench runs"],
    )


def _act(place: Place, role: str | None, statement: str, parameters: list[Any]) -> Any:
    with place.connect(role) as connection:
        cursor = connection.execute(statement.encode(), parameters)
        return cursor.fetchone() if cursor.description else None


def _fill(
    place: Place, rows: int, start: datetime, span: timedelta, tenants: list[UUID]
) -> list[str]:
    """Put events between two times, close and freeze their partitions, and name these."""
    weeks = [start + WEEK * number for number in range(span // WEEK + 1)]
    seeds = [
        {
            "action": "assistant_updated",
            "entity_type": "assistant",
            "description": "makes a partition",
            "idempotency_key": str(week),
            "occurred_at": week.isoformat(),
        }
        for week in [*weeks, start + span]
    ]
    _act(
        place,
        ADMIN,
        "select count(*) from audit.import_events(events => %s::jsonb, reason => %s)",
        [json.dumps(seeds), "makes partitions for the bench"],
    )
    with place.connect() as connection:
        with connection.transaction():
            connection.execute("set local role audit_writer")
            connection.execute(
                FILL,
                {
                    "tenants": tenants,
                    "tenant_count": len(tenants),
                    "mandatory": MANDATORY_ONE_IN,
                    "held": HELD_ONE_IN,
                    "actor": HELD_ACTOR,
                    "start": start,
                    "span": span,
                    "rows": rows,
                },
            )
        names = [
            name
            for (name,) in connection.execute(
                "select partition_name from audit.list_partitions()"
                " where until_time > %s and from_time <= %s"
                " and until_time < now() - interval '1 day'",
                [start, start + span],
            ).fetchall()
        ]
        for name in names:
            connection.execute("select audit.close_partition(partition => %s)", [name])
            connection.execute(
                sql.SQL("vacuum (freeze, analyze) audit_private.{}").format(sql.Identifier(name))
            )
        _act(place, OPERATOR, "call audit.seal_events()", [])
        connection.execute("checkpoint")
    return names


def _timed(connection: psycopg.Connection[Any], act: Callable[[], object]) -> tuple[float, int]:
    """Give the time of an act in seconds, and the WAL that it wrote in bytes."""
    place = connection.execute("select pg_current_wal_insert_lsn()::text").fetchone()
    assert place is not None
    start = time.perf_counter()
    act()
    taken = time.perf_counter() - start
    written = connection.execute(
        "select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), %s::pg_lsn)::bigint", place
    ).fetchone()
    assert written is not None
    return taken, written[0]


def _purge(place: Place) -> Callable[[], object]:
    return lambda: _act(place, OPERATOR, "call audit.purge_events()", [])


def _removed(place: Place) -> int:
    """Give how many events the last purge removed, and fail when it left some."""
    receipts = _act(
        place,
        OPERATOR,
        "select sum(removed)::bigint, sum(predicted)::bigint, max(error) from audit.list_purges()"
        " where started_at = (select max(started_at) from audit.list_purges())",
        [],
    )
    if receipts[0] != receipts[1] or receipts[2]:
        raise SystemExit(f"the purge removed {receipts[0]} of {receipts[1]}: {receipts[2]}")
    return int(receipts[0])


def _compare_partition(place: Place, runs: int, rows: int) -> list[Comparison]:
    times: dict[str, list[float]] = {"ours": [], "theirs": []}
    bytes_written: dict[str, list[float]] = {"ours": [], "theirs": []}
    start = _monday(datetime.now(UTC) - timedelta(days=420))
    for run in range(runs):
        tell(f"Filling a partition with {rows:,} events, and its twin")
        name = _fill(place, rows, start, timedelta(days=6), [TENANT, *OTHER_TENANTS])[0]
        with place.connect() as connection:
            _make_twin(connection, name)
            taken, written = _timed(connection, _purge(place))
            times["ours"].append(taken)
            bytes_written["ours"].append(written)
            connection.execute("checkpoint")
            taken, written = _timed(connection, partial(_delete, connection, _removed(place)))
            times["theirs"].append(taken)
            bytes_written["theirs"].append(written)
            connection.execute("drop table bench.twin")
        _tell_run(run, runs, times)
    name = f"purge of an expired partition of {rows:,} events"
    return [
        relate(name, "DELETE and VACUUM of the same", "s", times, at_least=20, is_inverse=True),
        relate(
            f"{name}: WAL", "DELETE and VACUUM of the same", "bytes", bytes_written,
            at_least=1000, is_inverse=True,
        ),
    ]  # fmt: skip


def _delete(connection: psycopg.Connection[Any], expected: int) -> None:
    done = connection.execute(
        "delete from bench.twin where action <> 'audit_log_viewed'"
        " and (tenant_id = %s and actor_id = %s) is not true",
        [TENANT, HELD_ACTOR],
    ).rowcount
    if done != expected:
        raise SystemExit(f"the purge removed {expected} events, DELETE {done}")
    connection.execute("vacuum bench.twin")


def _delete_in_batches(connection: psycopg.Connection[Any], cutoff: datetime) -> None:
    with connection.transaction():
        while connection.execute(OTHER_BATCH, [TENANT, cutoff]).rowcount:
            pass


def _make_twin(connection: psycopg.Connection[Any], name: str) -> None:
    """Copy a partition with its indexes, without security or triggers."""
    source = sql.SQL("audit_private.{}").format(sql.Identifier(name))
    connection.execute("drop table if exists bench.twin")
    connection.execute(sql.SQL("create table bench.twin as table {}").format(source))
    indexes = connection.execute(
        "select replace(indexdef, %s, ' ON bench.twin ') from pg_indexes"
        " where schemaname = 'audit_private' and tablename = %s",
        [f" ON audit_private.{name} ", name],
    ).fetchall()
    for (statement,) in indexes:
        connection.execute(statement.encode())
    connection.execute("vacuum (freeze, analyze) bench.twin")
    connection.execute("checkpoint")


def _tell_run(run: int, runs: int, times: dict[str, list[float]]) -> None:
    ours, theirs = times["ours"][-1], times["theirs"][-1]
    tell(f"  run {run + 1} of {runs}: {ours:.2f} s against {theirs:.2f} s")


def _monday(moment: datetime) -> datetime:
    day = moment.replace(hour=0, minute=0, second=1, microsecond=0)
    return day - timedelta(days=day.weekday())


def _compare_batches(place: Place, runs: int, rows: int) -> list[Comparison]:
    _act(
        place,
        ADMIN,
        "select audit.set_retention(days => 365, is_exact => true, reason => %s)",
        ["the bench purges the same night"],
    )
    times: dict[str, list[float]] = {"ours": [], "theirs": []}
    idle: dict[str, list[float]] = {"ours": [], "theirs": []}
    with place.connect() as connection, place.connect(OPERATOR) as operator:
        for number in range(IDLE_TENANTS):
            operator.execute(
                "select audit.register_tenant(tenant_id => %s, name => 'Idle')",
                [UUID(int=number + 1)],
            )
        for run in range(runs):
            tell(f"Filling both sides with {rows:,} events of one tenant")
            span = timedelta(days=540) * (1 - 8 / 540)
            _fill(place, rows, datetime.now(UTC) - timedelta(days=540), span, [TENANT])
            for statement in OTHER_TABLE.split(";\n"):
                if statement.strip():
                    connection.execute(
                        statement.encode(), {"tenant": TENANT, "rows": rows}
                    ) if "%(" in statement else connection.execute(statement.encode())
            connection.execute("vacuum analyze bench.other")
            connection.execute("checkpoint")
            cutoff = datetime.now(UTC) - timedelta(days=365)
            taken, _ = _timed(connection, _purge(place))
            _removed(place)
            times["ours"].append(taken)

            delete = partial(_delete_in_batches, connection, cutoff)
            taken, _ = _timed(connection, delete)
            times["theirs"].append(taken)
            _tell_run(run, runs, times)
            connection.execute("vacuum analyze bench.other")
            taken, _ = _timed(connection, _purge(place))
            idle["ours"].append(1000 * taken / (IDLE_TENANTS + 4))
            taken, _ = _timed(connection, delete)
            idle["theirs"].append(1000 * taken)
            connection.execute("drop table bench.other")
            _empty(place)
    ours = statistics.median(idle["ours"])
    theirs = statistics.median(idle["theirs"])
    return [
        relate(
            f"purge of 30 % of {rows:,} events of one tenant",
            "ids in batches, one transaction",
            "s",
            times,
            at_least=10,
            is_inverse=True,
        ),
        Comparison(
            "a purge with nothing to do, a tenant", "the batch that finds nothing", "ms",
            ours, theirs, ours / theirs, "ours < 10 ms", ours < 10, idle,
        ),
    ]  # fmt: skip


def _empty(place: Place) -> None:
    """Leave no event behind."""
    with place.connect() as connection:
        names = connection.execute("select partition_name from audit.list_partitions()").fetchall()
        with connection.transaction():
            connection.execute("set local role audit_keeper")
            for (name,) in names:
                connection.execute(
                    sql.SQL("truncate only audit_private.{}").format(sql.Identifier(name))
                )


def _compare_linear(place: Place, runs: int, rows: int) -> Comparison:
    """Delete from a partition that keeps more than goes, and four times as much."""
    samples: dict[str, list[float]] = {"ours": [], "theirs": []}
    with place.connect() as connection:
        for _ in range(runs):
            for side, number in (("theirs", rows), ("ours", 4 * rows)):
                # The tenant's cut-off lies in the middle of the partition: as much stays as goes.
                start = datetime.now(UTC) - timedelta(days=365) - timedelta(hours=2)
                _fill(place, 2 * number + number // 5, start, timedelta(hours=4.4), [TENANT])
                taken, _ = _timed(connection, _purge(place))
                samples[side].append(1_000_000 * taken / _removed(place))
                _empty(place)
    return relate(
        f"deletes in a partition that stays, an event of {4 * rows:,}",
        f"of {rows:,}",
        "µs",
        samples,
        at_most=1.25,
    )


def _compare_writers(place: Place, runs: int, rows: int, seconds: float) -> Comparison:
    """Time writers while a partition is purged and others are made, closed and dropped."""
    samples: dict[str, list[float]] = {"ours": [], "theirs": []}
    script = (
        "select audit.log_event(action => 'assistant_updated', entity_type => 'assistant',"
        " entity_id => 'thing', description => 'A writer among others');\n"
    )
    start = _monday(datetime.now(UTC) - timedelta(days=420))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "write.sql"
        path.write_text(script, encoding="utf-8")

        def slowest_hundredth() -> float:
            latencies = sorted(
                pgbench_latencies(place, path, Path(folder), clients=1, seconds=seconds)
            )
            return latencies[len(latencies) * 99 // 100] / 1000

        for _ in range(runs):
            _fill(place, rows, start, timedelta(days=6), [TENANT, *OTHER_TENANTS])
            samples["theirs"].append(slowest_hundredth())
            stop = threading.Event()

            def maintain(stop: threading.Event = stop) -> None:
                with place.connect(OPERATOR) as operator:
                    while not stop.is_set():
                        operator.execute("call audit.purge_events()")
                        operator.execute("call audit.maintain_partitions()")
                        stop.wait(1)

            worker = threading.Thread(target=maintain)
            worker.start()
            samples["ours"].append(slowest_hundredth())
            stop.set()
            worker.join()
            _empty(place)
    return relate(
        "writers' slowest hundredth during purge and upkeep",
        "nothing else going on",
        "ms",
        samples,
        at_most=2,
    )
