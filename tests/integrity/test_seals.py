"""What a seal covers: every event once, in time, whatever else goes on."""

from __future__ import annotations

import random
import threading
import time
from contextlib import suppress
from typing import Any

import psycopg
import pytest

from integrity import reference
from integrity.laboratory import Laboratory
from retention.vault import in_background
from walls.ledger import (
    NIL,
    REASON,
    Connection,
    call,
    log,
    log_batch,
    refused,
    rows,
    set_context,
    wait_until_blocked,
)

from databases import TENANT_A, TENANT_B

STEP = "select audit_private.seal_step()"


def test_every_tenant_has_a_chain_of_its_own(laboratory: Laboratory) -> None:
    laboratory.seal()
    before = len(laboratory.all("select from audit_private.seal"))
    ids = laboratory.write(3)
    laboratory.write(2, laboratory.app_b)
    laboratory.seal()
    laboratory.write(1)
    laboratory.seal()
    made = laboratory.all("select * from audit_private.seal order by log_index offset %s", before)
    assert [(s["tenant_id"], s["event_count"]) for s in made] == [
        (TENANT_A, 3),
        (TENANT_B, 2),
        (TENANT_A, 1),
    ]
    assert made[2]["previous"] == made[0]["seal_hash"]
    assert made[2]["running_count"] == made[0]["running_count"] + 1
    assert [e[3] for e in laboratory.listed() if e[1] == made[0]["seal_number"]][:3] == ids
    laboratory.check_chains()


def test_without_events_nothing_is_sealed(laboratory: Laboratory) -> None:
    laboratory.seal()
    before = laboratory.value("select log_size from audit_private.sealing")
    laboratory.seal()
    assert laboratory.value("select log_size from audit_private.sealing") == before


def test_silence_is_sealed_once_it_has_lasted(laboratory: Laboratory) -> None:
    """By the option, which is an hour unless set; a tenant that is retired has ended."""
    assert (
        laboratory.value(
            "select value from audit_private.option where name = 'seal_silence_minutes'"
        )
        == "60"
    )
    call(laboratory.operator, "retire_tenant", tenant_id=TENANT_B, reason=REASON)
    laboratory.seal()
    size = laboratory.value("select log_size from audit_private.sealing")
    laboratory.root.execute(
        "update audit_private.option set value = '0' where name = 'seal_silence_minutes'"
    )
    laboratory.seal()
    silent = laboratory.all("select * from audit_private.seal where log_index >= %s", size)
    assert {seal["tenant_id"] for seal in silent} == {NIL, TENANT_A}
    assert {seal["event_count"] for seal in silent} == {0}
    assert {seal["first_at"] for seal in silent} == {None}
    laboratory.write()
    laboratory.seal()
    laboratory.check_chains()


def test_a_transaction_that_is_open_across_runs_is_sealed_when_it_ends(
    laboratory: Laboratory, service: Connection
) -> None:
    with laboratory.app.transaction():
        [late] = laboratory.write()
        for _ in range(3):
            other = laboratory.write(1, laboratory.app_b)
            laboratory.seal()
            assert set(other) < set(laboratory.sealed_ids())
        assert late not in laboratory.sealed_ids()
    laboratory.seal()
    assert laboratory.sealed_ids().count(late) == 1
    laboratory.check_chains()


def test_a_prepared_transaction_is_sealed_when_it_is_committed(laboratory: Laboratory) -> None:
    for end in ("commit", "rollback"):
        laboratory.app.execute("begin")
        [late] = laboratory.write()
        laboratory.app.execute(f"prepare transaction '{end}'".encode())
        laboratory.write()
        laboratory.seal()
        laboratory.write()
        laboratory.seal()
        assert late not in laboratory.sealed_ids()
        laboratory.app.execute(f"{end} prepared '{end}'".encode())
        laboratory.seal()
        assert laboratory.sealed_ids().count(late) == (end == "commit")
    laboratory.check_chains()


def test_subtransactions_share_the_number_of_their_transaction(laboratory: Laboratory) -> None:
    app = laboratory.app
    app.execute("begin")
    [first] = laboratory.write()
    app.execute("savepoint a")
    [undone] = laboratory.write()
    laboratory.seal()
    app.execute("rollback to a")
    app.execute("savepoint b")
    [released] = laboratory.write()
    app.execute("release b")
    laboratory.seal()
    app.execute(
        """
        do $$
        begin
          perform audit.log_event('user_created', 'user', description => 'before the error');
          begin
            perform audit.log_event('user_created', 'user', description => 'in the error');
            perform 1 / 0;
          exception when division_by_zero then
            perform audit.log_event('user_created', 'user', description => 'after the error');
          end;
        end
        $$
        """
    )
    laboratory.seal()
    assert not {first, released} & set(laboratory.sealed_ids())
    app.execute("commit")
    laboratory.seal()
    assert {first, released} < set(laboratory.sealed_ids())
    assert undone not in laboratory.sealed_ids()
    assert len({laboratory.event(i)["transaction_id"] for i in (first, released)}) == 1
    laboratory.check_chains()


def test_a_subtransaction_that_comes_first_is_no_other_number(laboratory: Laboratory) -> None:
    """The sub-transaction gets a number of its own, after its transaction's."""
    app = laboratory.app
    app.execute("begin")
    app.execute("savepoint a")
    [first] = laboratory.write()
    laboratory.seal()
    app.execute("release a")
    app.execute("savepoint b")
    laboratory.write()
    app.execute("rollback to b")
    app.execute("commit")
    laboratory.seal()
    assert laboratory.sealed_ids().count(first) == 1
    laboratory.check_chains()


def test_more_subtransactions_than_a_snapshot_holds(laboratory: Laboratory) -> None:
    app = laboratory.app
    app.execute("begin")
    for n in range(80):
        app.execute(f"savepoint s{n}".encode())
        laboratory.write()
    laboratory.seal()
    app.execute("rollback to s70")
    app.execute("commit")
    laboratory.write(1, laboratory.app_b)
    laboratory.seal()
    assert len(laboratory.all("select from audit_private.event where source = 'logged'")) == 71
    laboratory.check_chains()


def test_nobody_who_stays_idle_holds_anything_up(laboratory: Laboratory) -> None:
    """Neither in this database nor in another of the server."""
    elsewhere = psycopg.connect(
        laboratory.database.dsn("postgres").replace(
            f"dbname={laboratory.database.name}", "dbname=postgres"
        )
    )
    elsewhere.execute("select txid_current()")
    laboratory.app_b.execute("begin")
    laboratory.write(1, laboratory.app_b)
    reader = laboratory.database.superuser()
    reader.execute("begin isolation level repeatable read")
    reader.execute("select from audit_private.event")
    try:
        [sealed] = laboratory.write()
        laboratory.seal()
        assert sealed in laboratory.sealed_ids()
        assert laboratory.kinds() == {}
    finally:
        elsewhere.close()
    laboratory.app_b.execute("commit")
    laboratory.seal()
    laboratory.check_chains()


def writing(laboratory: Laboratory, seed: int, is_over: threading.Event) -> None:
    """Write in transactions of every sort until it is over."""
    chance = random.Random(seed)
    tenant = "ab"[seed % 2]
    connection = psycopg.connect(laboratory.database.dsn(laboratory.database.role("app", tenant)))
    number = 0
    while not is_over.is_set():
        number += 1
        for step in range(chance.randrange(1, 4)):
            if chance.random() < 0.3:
                connection.execute(f"savepoint s{step}".encode())
            if chance.random() < 0.3:
                log_batch(connection, [{"description": f"{seed} {number} {n}"} for n in range(9)])
            else:
                log(connection, description=f"{seed} {number}")
            if chance.random() < 0.1:
                connection.execute("savepoint undone")
                log(connection, description="undone")
                connection.execute("rollback to undone")
        if chance.random() < 0.2:
            connection.rollback()
        else:
            connection.commit()
    connection.close()


def test_writers_and_a_sealer_side_by_side(laboratory: Laboratory) -> None:
    is_over = threading.Event()
    writers = [
        threading.Thread(target=writing, args=(laboratory, seed, is_over)) for seed in range(6)
    ]
    for writer in writers:
        writer.start()
    runs = 0
    until = time.monotonic() + 3
    while time.monotonic() < until:
        laboratory.seal()
        runs += 1
        if runs % 5 == 0:
            assert laboratory.look() == []
    is_over.set()
    for writer in writers:
        writer.join(timeout=30)
        assert not writer.is_alive()
    laboratory.seal()
    assert runs > 5
    counts = laboratory.all(
        "select tenant_id, max(running_count) as sealed from audit_private.seal group by tenant_id"
    )
    for row in counts:
        assert row["sealed"] == laboratory.value(
            "select count(*) from audit_private.event where tenant_id = %s", row["tenant_id"]
        )
    assert laboratory.value("select count(*) from audit_private.event where source = 'logged'") > 99
    laboratory.check_chains()


def test_two_sealers_that_race_seal_once(laboratory: Laboratory) -> None:
    """The one that waited begins again: what its snapshot doesn't know may be sealed already."""
    laboratory.seal()
    laboratory.write(2)
    rival = laboratory.database.connect(laboratory.database.role("operator"))
    answers: list[Any] = []
    laboratory.operator.execute("begin")
    laboratory.operator.execute(STEP)
    with in_background(lambda: answers.append(rival.execute(STEP).fetchone())) as failures:
        wait_until_blocked(laboratory.database, rival)
        laboratory.operator.execute("commit")
    assert failures == []
    assert answers == [("again",)]
    assert rival.execute(STEP).fetchone() == ("nothing to do",)
    laboratory.check_chains()


def test_a_sealer_that_waited_for_one_that_failed_seals(laboratory: Laboratory) -> None:
    laboratory.seal()
    laboratory.write(2)
    rival = laboratory.database.connect(laboratory.database.role("operator"))
    answers: list[Any] = []
    laboratory.operator.execute("begin")
    laboratory.operator.execute(STEP)
    with in_background(lambda: answers.append(rival.execute(STEP).fetchone())) as failures:
        wait_until_blocked(laboratory.database, rival)
        laboratory.write(3)
        laboratory.operator.execute("rollback")
    assert failures == []
    assert answers == [("2 events sealed in 1 seals",)]
    laboratory.seal()
    laboratory.check_chains()


def test_a_second_run_beside_one_does_nothing(laboratory: Laboratory) -> None:
    laboratory.seal()
    laboratory.write()
    laboratory.root.execute("begin")
    laboratory.root.execute("select from audit_private.sealing for update")
    rival = laboratory.database.connect(laboratory.database.role("operator"))
    with in_background(laboratory.seal) as failures:
        wait_until_blocked(laboratory.database, laboratory.operator)
        rival.execute("call audit.seal_events()")
        assert len(laboratory.sealed_ids()) == len(laboratory.events()) - 1
        laboratory.root.execute("commit")
    assert failures == []
    laboratory.check_chains()


def test_a_killed_sealer_leaves_nothing_half_done(laboratory: Laboratory) -> None:
    laboratory.seal()
    laboratory.write(5)
    laboratory.operator.execute("begin")
    laboratory.operator.execute(STEP)
    process = laboratory.operator.info.backend_pid
    laboratory.root.execute("select pg_terminate_backend(%s, 5000)", (process,))
    laboratory.operator = laboratory.database.connect(laboratory.database.role("operator"))
    assert len(laboratory.sealed_ids()) == len(laboratory.events()) - 5
    laboratory.seal()
    laboratory.check_chains()


def test_a_sealer_killed_at_any_moment(laboratory: Laboratory) -> None:
    chance = random.Random(1)
    for _ in range(12):
        laboratory.write_many(200)
        sealer = laboratory.database.connect(laboratory.database.role("operator"))

        def run(sealer: Connection = sealer) -> None:
            with suppress(psycopg.OperationalError):
                while True:
                    sealer.execute("call audit.seal_events()")

        with in_background(run) as failures:
            time.sleep(chance.random() * 0.08)
            laboratory.root.execute(
                "select pg_terminate_backend(%s, 5000)", (sealer.info.backend_pid,)
            )
        assert failures == []
    laboratory.seal()
    laboratory.check_chains()


def test_a_transaction_with_a_number_can_not_seal(laboratory: Laboratory) -> None:
    laboratory.seal()
    laboratory.write()
    with laboratory.operator.transaction(), refused("WT130"), laboratory.operator.transaction():
        laboratory.operator.execute("select txid_current()")
        laboratory.operator.execute(STEP)
    with refused("2D000"), laboratory.operator.transaction():
        laboratory.operator.execute("call audit.seal_events()")
    laboratory.seal()
    laboratory.check_chains()


@pytest.mark.parametrize("level", ["repeatable read", "serializable"])
def test_a_caller_that_keeps_one_snapshot_is_refused(laboratory: Laboratory, level: str) -> None:
    """It says so in its run, and verifying says so at once; nothing is lost by it."""
    laboratory.seal()
    laboratory.write()
    laboratory.operator.execute(f"set default_transaction_isolation = '{level}'".encode())
    laboratory.operator.execute("call audit.seal_events()")
    last = laboratory.all("select * from audit_private.job_run order by started_at desc limit 1")[0]
    assert (last["job_name"], last["result"]) == ("seal_events", "failed")
    assert level in last["detail"]
    with refused("WT037"):
        laboratory.look(laboratory.operator)
    laboratory.operator.execute("reset default_transaction_isolation")
    laboratory.seal()
    laboratory.check_chains()


ODD_SETTINGS = {
    "client_encoding": "LATIN1",
    "timezone": "'Asia/Kathmandu'",
    "datestyle": "'SQL, DMY'",
    "intervalstyle": "sql_standard",
    "extra_float_digits": "-15",
    "bytea_output": "escape",
    "lc_numeric": "'C'",
    "xmloption": "document",
    "row_security": "on",
    "search_path": "pg_temp",
    "jit_above_cost": "0",
    "enable_hashagg": "off",
    "enable_sort": "off",
}


def set_oddly(connection: Connection) -> None:
    for name, value in ODD_SETTINGS.items():
        connection.execute(f"set {name} = {value}".encode())


def test_no_setting_changes_what_is_sealed(laboratory: Laboratory, service: Connection) -> None:
    plain = laboratory.database.connect(laboratory.database.role("operator"))
    set_oddly(laboratory.operator)
    with service.transaction():
        set_context(
            service,
            tenant_id=TENANT_A,
            actor_id="Åsa \\ ' € 漢字 👩🏽‍🚀",
            actor={"name": "Åsa", "size": 1.5, "when": "2026-01-31"},
            ip="2001:db8::ff/64",
            user_agent="tab\t and\nline",
            request_id="r",
        )
        [event_id] = [
            log(
                service,
                description="Ärende\n€ 👩🏽‍🚀",
                entity_id="ünïcödé",
                metadata={"float": 0.1 + 0.2, "deep": [{"ö": None}], "bytes": "\\xde"},
                changes={"a": {"old": None, "new": "ß"}},
                target=[{"type": "user", "id": 1e300}],
            )
        ]
    assert event_id is not None
    laboratory.seal()
    set_oddly(laboratory.auditor)
    assert laboratory.look() == []
    assert laboratory.look(plain) == []
    [row] = laboratory.all(
        "select tenant_id, occurred_at, id, recorded_at, sequence, transaction_id, source, action, "
        "entity_type, actor_type, outcome, recorded_by, actor_id, entity_id, description, "
        "actor::text, target::text, changes::text, metadata::text, ip::text, user_agent, "
        "request_id, error_message, salt::text from audit_private.event where id = %s",
        event_id,
    )
    [entry] = [entry for entry in laboratory.listed() if entry[3] == event_id]
    assert entry[4] == reference.leaf_of_row(row)
    laboratory.check_chains()


def test_a_time_before_the_second_and_far_ahead_keeps_its_microseconds(
    laboratory: Laboratory,
) -> None:
    moments = [
        "1970-01-01 00:00:00+00",
        "1970-01-01 00:00:00.000001+00",
        "2026-11-25 12:34:56.999999+00",
        "2105-12-31 23:59:59.999999+00",
        "2038-01-19 03:14:08.000003+00",
    ]
    for moment in moments:
        [exact] = laboratory.all(
            "select extract(epoch from %s::timestamptz) * 1000000 as exact, "
            "audit_private.microseconds(%s::timestamptz) as said",
            moment,
            moment,
        )
        assert exact["exact"] == exact["said"]


def test_a_fork_can_not_even_be_stored(laboratory: Laboratory) -> None:
    laboratory.write()
    laboratory.seal()
    seal = laboratory.all("select * from audit_private.seal order by log_index desc limit 1")[0]
    for number, index in ((seal["seal_number"], 999), (seal["seal_number"] + 1, seal["log_index"])):
        with refused("23505", case=f"{number} at {index}"), laboratory.root.transaction():
            laboratory.root.execute(
                "insert into audit_private.seal select tenant_id, %s, %s, epoch, sealed_at, "
                "snapshot, event_count, running_count, first_at, last_at, events_root, previous, "
                "%s from audit_private.seal where log_index = %s",
                (number, index, bytes(32), seal["log_index"]),
            )
            laboratory.root.execute(
                "insert into audit_private.tree_node values (0, %s, %s)", (index, bytes(32))
            )
    laboratory.check_chains()


def test_nobody_but_the_keeper_changes_a_seal(laboratory: Laboratory) -> None:
    laboratory.write()
    laboratory.seal()
    for table in ("seal", "seal_part", "seal_removal", "part_removal", "tree_node"):
        column = "level" if table == "tree_node" else "tenant_id"
        for statement in (
            f"update audit_private.{table} set {column} = {column}",
            f"delete from audit_private.{table}",
            f"truncate audit_private.{table}",
        ):
            with refused("WT070", case=statement):
                laboratory.root.execute(statement.encode())


def test_a_run_with_nothing_new_reads_next_to_nothing(laboratory: Laboratory) -> None:
    """Of a partition that the planner knows nothing about, too: no vacuum has come by yet."""
    laboratory.write_many(8000)
    laboratory.seal()
    partition = laboratory.value(
        "select tableoid::regclass::text from audit_private.event where source = 'logged' limit 1"
    )
    pages = laboratory.value("select pg_relation_size(%s) / 8192", partition)
    assert pages > 200

    def fetched() -> int:
        # From 15 on, a session's figures are there at once when it is asked to.
        laboratory.operator.execute("select pg_stat_force_next_flush()")
        laboratory.operator.execute("select 1")
        found: int = laboratory.value("select pg_stat_get_blocks_fetched(%s::regclass)", partition)
        return found

    before = fetched()
    laboratory.seal()
    assert fetched() - before < 20
    laboratory.write()
    before = fetched()
    laboratory.seal()
    assert fetched() - before < 160, "a range of the index has 128 pages"
    laboratory.check_chains()


def test_many_events_make_parts(laboratory: Laboratory) -> None:
    for number in (1023, 1, 1024, 1025, 2049):
        laboratory.write_many(number)
        laboratory.seal()
    parts = laboratory.all(
        "select array_agg(event_count order by part) as counts from audit_private.seal_part "
        "where tenant_id = %s group by seal_number order by seal_number",
        TENANT_A,
    )
    assert [row["counts"] for row in parts][-5:] != []
    assert [1024, 1] in [row["counts"] for row in parts]
    assert [1024, 1024, 1] in [row["counts"] for row in parts]
    laboratory.check_chains()


def test_an_event_without_a_salt_stops_nobody(laboratory: Laboratory) -> None:
    """Nobody but an intruder writes one: it is sealed as what nothing matches, and found."""
    [event_id] = laboratory.write()
    laboratory.intrude("update audit_private.event set salt = null where id = %s", event_id)
    laboratory.write()
    laboratory.seal()
    [finding] = laboratory.look()
    assert (finding["kind"], finding["event_id"]) == ("changed_event", event_id)


def test_seals_are_listed_to_those_whom_they_concern(laboratory: Laboratory) -> None:
    laboratory.write(1)
    laboratory.write(1, laboratory.app_b)
    laboratory.seal()
    laboratory.write(2)
    laboratory.seal()
    everything = rows(laboratory.auditor, "list_seals")
    assert [row["log_index"] for row in everything] == list(range(len(everything)))[::-1]
    assert {row["tenant_id"] for row in everything} == {NIL, TENANT_A, TENANT_B}
    mine = rows(laboratory.admin, "list_seals")
    assert mine == [row for row in everything if row["tenant_id"] == TENANT_A]
    with refused("WT002"):
        rows(laboratory.admin, "list_seals", tenant_id=TENANT_B)
    first = rows(laboratory.auditor, "list_seals", up_to=1)
    assert (
        first + rows(laboratory.auditor, "list_seals", before_index=first[0]["log_index"])
        == everything
    )
    for persona in ("reader", "app", "privacy", "stranger"):
        with refused("42501", case=persona):
            rows(laboratory.database.connect(laboratory.database.role(persona)), "list_seals")
