"""Maintenance closes what is cold, drops what is empty, and says what a runner does better."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from retention.vault import MICROSECOND, Vault, ago, in_background, old
from walls.ledger import Connection, new_role, refused, rows, wait_until_blocked

from databases import Database


def partitions(vault: Vault) -> dict[str, bool]:
    found = rows(vault.operator, "list_partitions")
    return {row["partition_name"]: row["is_closed"] for row in found}


def maintain(vault: Vault) -> str:
    vault.operator.execute("call audit.maintain_partitions()")
    row = vault.root.execute(
        "select result, detail from audit_private.job_run where job_name = 'maintain_partitions' "
        "order by started_at desc limit 1"
    ).fetchone()
    assert row is not None
    assert row["result"] == "succeeded"
    detail: str = row["detail"]
    return detail


def test_cold_ones_are_closed_once(vault: Vault) -> None:
    vault.bring(old(100), old(200))
    names = {vault.partition_of(ago(days)) for days in (100, 200)}
    assert maintain(vault) == "0 partitions made ahead, 2 closed, 0 dropped"
    assert {name for name, is_closed in partitions(vault).items() if is_closed} == names
    assert maintain(vault) == "0 partitions made ahead, 0 closed, 0 dropped"


def test_what_is_written_to_stays_open(vault: Vault, app: Connection) -> None:
    vault.bring(old(ago(0.9)))
    maintain(vault)
    assert True not in partitions(vault).values()


def test_empty_ones_are_dropped_and_come_back_when_they_are_needed(vault: Vault) -> None:
    vault.bring(old(400), old(385), old(300))
    emptied = {vault.partition_of(ago(days)) for days in (400, 385)}
    before = set(partitions(vault))
    vault.purge()
    assert maintain(vault) == "0 partitions made ahead, 1 closed, 2 dropped"
    assert set(partitions(vault)) == before - emptied
    vault.purge()
    vault.bring(old(400, description="late"))
    assert vault.left()[0] == "late"
    vault.purge()
    assert len(vault.left()) == 1


def test_an_empty_one_of_the_last_month_stays(vault: Vault) -> None:
    vault.bring(old(20))
    name = vault.partition_of(ago(20))
    vault.set_retention(1, is_exact=True)
    vault.purge()
    assert vault.left() == []
    maintain(vault)
    assert name in partitions(vault)


def test_dropping_waits_for_nobody(vault: Vault) -> None:
    vault.bring(old(400))
    vault.purge()
    name = vault.partition_of(ago(400))
    with vault.database.superuser() as reading:
        reading.execute("begin")
        reading.execute("select count(*) from audit_private.event")
        assert maintain(vault).endswith("0 dropped")
        assert name in partitions(vault)
    assert maintain(vault).endswith("1 dropped")


def test_one_that_is_filled_meanwhile_is_not_dropped(vault: Vault) -> None:
    vault.bring(old(400))
    vault.purge()
    name = vault.partition_of(ago(400))
    vault.admin.execute("begin")
    vault.bring(old(400, description="late"))
    assert maintain(vault).endswith("0 dropped")
    vault.admin.execute("commit")
    assert maintain(vault).endswith("0 dropped")
    assert name in partitions(vault)
    assert vault.left() == ["late"]


def test_held_events_keep_their_partition(vault: Vault) -> None:
    vault.bring(old(400, description="held"))
    vault.hold("case 1", {})
    vault.purge()
    maintain(vault)
    assert vault.left() == ["held"]


@pytest.fixture
def runner(loaded_database: Database) -> Iterator[Connection]:
    """A login that may take the owner's role, as the one that installed may, and is an operator."""
    role = new_role(loaded_database, "test_runner", "audit_operator", attributes="noinherit")
    root = loaded_database.superuser()
    root.execute(f"grant audit_owner to {role}".encode())
    root.execute(f"alter role {role} inherit".encode())
    yield loaded_database.connect(role)
    root.execute(f"revoke audit_owner from {role}".encode())


def upkeep(connection: Connection) -> list[dict[str, Any]]:
    return rows(connection, "list_upkeep")


def test_each_statement_runs_alone_as_the_owner(vault: Vault, runner: Connection) -> None:
    vault.bring(old(100), old(200))
    names = [vault.partition_of(ago(days)) for days in (100, 200)]
    found = upkeep(vault.operator)
    assert list(dict.fromkeys(row["partition_name"] for row in found)) == names, "newest first"
    for row in found:
        assert row["statement"].startswith(("create index concurrently", "vacuum (freeze"))
        assert row["partition_name"] in row["statement"]
    for row in found:
        runner.execute("set role audit_owner")
        runner.execute(row["statement"].encode())
        runner.execute("reset role")
    assert upkeep(vault.operator) == []
    assert {name for name, is_closed in partitions(vault).items() if is_closed} == set(names)
    assert maintain(vault) == "0 partitions made ahead, 0 closed, 0 dropped"


def test_an_index_that_a_broken_build_left_behind_is_made_anew(
    vault: Vault, runner: Connection
) -> None:
    vault.bring(old(100))
    name = vault.partition_of(ago(100))
    maintain(vault)
    vault.root.execute(
        "update pg_index set indisvalid = false where indexrelid = %s::regclass",
        (f"audit_private.{name}_actor_idx",),
    )
    statements = [row["statement"] for row in upkeep(vault.operator)]
    assert statements[0] == f"drop index concurrently audit_private.{name}_actor_idx"
    assert statements[1].startswith(f"create index concurrently {name}_actor_idx")
    runner.execute("set role audit_owner")
    for statement in statements:
        runner.execute(statement.encode())
    assert upkeep(vault.operator) == []


def test_imports_do_not_wait_for_upkeep_and_what_they_bring_is_taken_up_again(
    vault: Vault, runner: Connection
) -> None:
    moment = ago(100)
    vault.bring(old(moment))
    runner.execute("set role audit_owner")
    for row in upkeep(vault.operator):
        runner.execute(row["statement"].encode())
    assert upkeep(vault.operator) == []
    vault.bring(*[old(moment + n * MICROSECOND) for n in range(1, 101)])
    found = upkeep(vault.operator)
    assert {row["statement"].split()[0] for row in found} == {"vacuum"}


def test_emptied_ones_and_current_ones_need_none(vault: Vault) -> None:
    vault.bring(old(400), old(ago(0.5)))
    vault.purge()
    assert upkeep(vault.operator) == []


def test_only_an_operator_lists_it(loaded_database: Database) -> None:
    for persona in ("app", "reader", "admin", "privacy", "auditor", "service", "backup"):
        connection = loaded_database.connect(loaded_database.role(persona))
        with refused("42501", case=persona):
            upkeep(connection)
        for step in ("drop_empty_partition()", "close_next_partition('{}')"):
            with refused("42501", case=persona):
                connection.execute(f"select audit_private.{step}".encode())
        with refused("42501", case=persona):
            connection.execute("select audit_private.is_partition_empty('event')")


def test_an_operator_can_not_run_it(vault: Vault) -> None:
    """Who may not take the owner's role leaves it to maintain_partitions."""
    vault.bring(old(100))
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        vault.operator.execute("set role audit_owner")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        vault.operator.execute(upkeep(vault.operator)[0]["statement"].encode())


def test_two_maintainers_at_once(vault: Vault) -> None:
    rival = vault.database.connect(vault.database.role("operator"))
    vault.operator.execute(
        "select audit_private.begin_run('maintain_partitions', pg_backend_pid())"
    )
    notices: list[str] = []
    rival.add_notice_handler(lambda said: notices.append(str(said.message_primary)))
    rival.execute("call audit.maintain_partitions()")
    assert notices == ["maintain_partitions is running already"]


def test_killed_it_runs_again(vault: Vault) -> None:
    """What it had done stays, its run is told as interrupted, and the next one does the rest."""
    vault.bring(old(400), old(300))
    vault.purge()
    holder = vault.database.superuser()
    holder.execute("begin")
    holder.execute("lock table audit_private.instance in share row exclusive mode")
    killed = vault.database.connect(vault.database.role("operator"))
    with in_background(lambda: killed.execute("call audit.maintain_partitions()")) as failures:
        wait_until_blocked(vault.database, killed)
        vault.root.execute("select pg_terminate_backend(%s, 10000)", (killed.info.backend_pid,))
    assert isinstance(failures[0], psycopg.OperationalError)
    holder.execute("rollback")
    assert maintain(vault) == "0 partitions made ahead, 1 closed, 1 dropped"
    results = vault.root.execute(
        "select result from audit_private.job_run where job_name = 'maintain_partitions' "
        "order by started_at"
    ).fetchall()
    assert [row["result"] for row in results] == ["interrupted", "succeeded"]
