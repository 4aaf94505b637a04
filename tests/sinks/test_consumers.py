"""One consumer a sink: others are refused, its death or a restore loses nothing."""

from __future__ import annotations

import subprocess
import sys
from uuid import UUID

import pytest

from integrity.copies import template_copy
from sinks.harbour import Harbour, ids, open_harbour
from walls.ledger import NIL, REASON, call, log, new_role, refused, rows

from databases import TENANT_A


def test_only_the_role_that_a_sink_names_reads_it(harbour: Harbour) -> None:
    harbour.open("a")
    other = harbour.database.connect(
        new_role(harbour.database, "test_other_shipper", "audit_shipper")
    )
    for name in ("siem", "no_such_sink", None):
        with refused("WT150"):
            rows(other, "read_sink", name=name)
        with refused("WT150"):
            call(other, "acknowledge_sink", name=name, cursor="log:1:0:0")
        with refused("WT150"):
            call(other, "report_sink_error", name=name, error="none of mine")
        with refused("WT150"):
            rows(other, "list_dead_letters", name=name)
    for connection in (harbour.admin, harbour.operator, harbour.auditor, harbour.app):
        with refused("42501"):
            rows(connection, "read_sink", name="siem")


def test_a_consumer_reaches_nothing_else(harbour: Harbour) -> None:
    for table in ("event", "sink", "sink_approval", "dead_letter", "seal_part"):
        with refused("42501"):
            harbour.shipper.execute(f"select from audit_private.{table}".encode())
    with refused("42501"):
        rows(harbour.shipper, "search_events")


def test_a_second_consumer_is_refused_until_the_first_is_gone(harbour: Harbour) -> None:
    harbour.open("a")
    harbour.write(3)
    harbour.seal()
    first = harbour.read(2)
    second = harbour.database.connect(harbour.database.role("shipper"))
    with refused("WT151") as refusal:
        harbour.read(shipper=second)
    assert str(harbour.shipper.info.backend_pid) in refusal.detail
    with refused("WT151"):
        harbour.acknowledge(first[-1]["cursor"], shipper=second)
    process = harbour.shipper.info.backend_pid
    harbour.shipper.close()
    until_gone(harbour, process)
    with refused("WT151"):
        harbour.acknowledge(first[-1]["cursor"], shipper=second)
    assert ids(harbour.read(2, shipper=second)) == ids(first)


def test_a_consumer_unheard_of_is_replaced_and_told(harbour: Harbour) -> None:
    harbour.open("a")
    harbour.write(3)
    harbour.seal()
    first = harbour.read(2)
    harbour.root.execute("update audit_private.sink set seen_at = seen_at - interval '15 minutes'")
    second = harbour.database.connect(harbour.database.role("shipper"))
    assert ids(harbour.read(2, shipper=second)) == ids(first)
    with refused("WT151"):
        harbour.acknowledge(first[-1]["cursor"])
    with refused("WT151"):
        harbour.read()
    assert harbour.acknowledge(first[-1]["cursor"], shipper=second)


def test_telling_of_an_error_says_that_a_consumer_is_there(harbour: Harbour) -> None:
    harbour.open("a")
    harbour.write(1)
    harbour.seal()
    batch = harbour.read()
    harbour.root.execute("update audit_private.sink set seen_at = seen_at - interval '14 minutes'")
    call(harbour.shipper, "report_sink_error", name="siem", error="connection refused")
    assert harbour.sink()["error"] == "connection refused"
    assert harbour.value(
        "select clock_timestamp() - seen_at < interval '1 minute' from audit_private.sink"
    )
    assert harbour.acknowledge(batch[-1]["cursor"])
    assert harbour.sink()["error"] is None


def test_a_consumer_in_a_long_transaction_keeps_others_out(harbour: Harbour) -> None:
    harbour.open("a")
    second = harbour.database.connect(harbour.database.role("shipper"))
    with harbour.shipper.transaction():
        harbour.read()
        with refused("WT151"):
            harbour.read(shipper=second)


CONSUMER = """
import os, signal, sys, psycopg
with psycopg.connect(sys.argv[1], autocommit=True) as connection:
    while batch := connection.execute(
        "select cursor, event_id from audit.read_sink('siem', 3)").fetchall():
        for _, event_id in batch:
            if event_id is not None:
                print(event_id, flush=True)
        if sys.argv[2] == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        connection.execute("select audit.acknowledge_sink('siem', %s)", batch[-1][:1])
"""


def test_one_killed_before_it_acknowledged_loses_nothing(harbour: Harbour) -> None:
    harbour.open("a")
    harbour.write(7)
    harbour.seal()
    harbour.shipper.close()
    dsn = harbour.database.dsn(harbour.database.role("shipper"))
    taken: list[UUID] = []
    for ending in ("kill", "kill", "end"):
        done = subprocess.run(
            [sys.executable, "-c", CONSUMER, dsn, ending],
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert done.returncode == (-9 if ending == "kill" else 0), done.stderr
        taken += [UUID(line) for line in done.stdout.split()]
    expected = harbour.carried("a")
    assert taken == expected[:3] * 2 + expected


@pytest.mark.parametrize(
    "cursor",
    ["", "log", "log:1:0", "log:99:0:0", "log:1:999999:0", "log:1:-1:0", "retry:x", "a:b:c:d", None,
     "backlog:1:1:1:1", "log:1:0:0;", "log:1:99999999999999999999:0"],
)  # fmt: skip
def test_a_cursor_that_is_none_is_refused(harbour: Harbour, cursor: str | None) -> None:
    harbour.open("a")
    harbour.seal()
    harbour.read()
    with refused("WT152"):
        call(harbour.shipper, "acknowledge_sink", name="siem", cursor=cursor)
    if cursor is not None:
        with refused("WT152"):
            harbour.read(after=cursor)


def test_another_tenants_backlog_is_not_moved(harbour: Harbour) -> None:
    harbour.open("a")
    harbour.write(2)
    harbour.seal()
    [*_, last] = harbour.read()
    foreign = last["cursor"].replace(str(TENANT_A), str(NIL))
    assert not harbour.acknowledge(foreign)
    assert ids(harbour.drain())


def until_gone(harbour: Harbour, process_id: int) -> None:
    """Return once a server process has ended."""
    while harbour.value("select count(*) from pg_stat_activity where pid = %s", process_id):
        pass


def test_in_a_copy_it_goes_on_and_earlier_cursors_are_refused(harbour: Harbour) -> None:
    harbour.open("a")
    harbour.write(3)
    harbour.seal()
    first = harbour.read(2)
    harbour.acknowledge(first[-1]["cursor"])
    late = harbour.read()[-1]["cursor"]
    with template_copy(harbour) as copied:
        restored = open_harbour(copied.database)
        restored.seal()
        with refused("WT152"):
            restored.acknowledge(late)
        written = log(restored.app, description="After the restore")
        restored.seal()
        taken = ids(restored.drain())
        assert taken == [e for e in restored.carried("a") if e not in ids(first)]
        assert written in taken
        call(restored.operator, "accept_restore", reason=REASON)
