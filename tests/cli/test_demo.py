from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import time

import psycopg

from cli.command_line import NO_VARIABLES

from databases import Database

CLEAN = {name: value for name, value in os.environ.items() if name not in NO_VARIABLES}


def play(dsn: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "pgwitness.demo"],
        env={**CLEAN, "PGWITNESS_DSN": dsn, "COLUMNS": "100"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout[-2000:]
    return done.stdout


def count_members(database: Database) -> int:
    row = database.superuser().execute("select count(*) from pgwitness_demo.member").fetchone()
    assert row is not None
    return int(row[0])


def test_it_plays_twice_on_a_database_of_ones_own(empty_database: Database) -> None:
    dsn = empty_database.dsn("postgres") + " password=hush"
    shown = play(dsn)
    assert "Traceback" not in shown
    assert "(WT030)" in shown
    assert shown.count("error: ") == 1
    assert "hint: " in shown
    assert "Not logged: file_uploaded" in shown
    assert re.search(r"✗ Failure +Bo Ek", shown)
    assert "Anna Berg added Bo Ek" in shown
    assert '"email": "bo@meadow.example"' in shown
    assert 'psql "$PGWITNESS_DSN"' in shown
    assert "hush" not in shown
    assert count_members(empty_database) == 1

    again = play(dsn)
    assert "Nothing to change: it was so already." in again
    assert count_members(empty_database) == 2


def test_what_it_tells_to_try_works(empty_database: Database) -> None:
    shown = play(empty_database.dsn("postgres"))
    tried = shown.split(" Try it \n", 1)[1]
    found = re.search(r"PGOPTIONS='([^']+)'", tried)
    assert found is not None
    statements = [line for line in tried.splitlines() if line.startswith(("select", "update"))]
    assert len(statements) == 4
    with psycopg.connect(
        empty_database.dsn("postgres"), options=found[1], autocommit=True
    ) as connection:
        for statement in statements[:3]:
            assert connection.execute(statement.encode()).fetchall()
        try:
            connection.execute(statements[3].encode())
        except psycopg.Error as error:
            refusal = error.sqlstate
        assert refusal in {"42501", "55000", "WT070"}

    commands = [line for line in tried.splitlines() if line.startswith("pgwitness ")]
    options = re.findall(r"PGOPTIONS='([^']+)'", tried)[1]
    for command in commands:
        done = subprocess.run(
            [sys.executable, "-m", *command.split()],
            env={**CLEAN, "PGWITNESS_DSN": empty_database.dsn("postgres"), "PGOPTIONS": options},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert "Traceback" not in done.stderr
        assert done.returncode == (1 if "search" in command else 0)


def test_its_own_server_stays_until_told_to_end() -> None:
    command = [sys.executable, "-m", "pgwitness.demo", "--keep"]
    with subprocess.Popen(
        command,
        env=CLEAN,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        shown = ""
        for line in process.stdout:
            shown += line
            if "until Ctrl-C" in line:
                break
        found = re.search(r'psql "(host=[^"]+)"', shown)
        assert found is not None, shown[-2000:]
        with psycopg.connect(found[1]) as connection:
            assert connection.execute("select count(*) from audit.list_tenants()").fetchone()
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        shown += process.stdout.read()
    assert process.returncode == 0, shown[-2000:]
    assert shown.endswith("Stopped.\n")
    try:
        psycopg.connect(found[1], connect_timeout=2).close()
        is_gone = False
    except psycopg.OperationalError:
        is_gone = True
    assert is_gone


def test_at_a_terminal_it_asks_nothing_and_stays_until_ctrl_c() -> None:
    master, slave = pty.openpty()
    termios.tcsetwinsize(slave, (40, 100))
    with subprocess.Popen(
        [sys.executable, "-m", "pgwitness.demo"],
        env={**CLEAN, "TERM": "xterm-256color"},
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    ) as process:
        os.close(slave)
        shown = ""
        ends = time.monotonic() + 60
        is_told = False
        while time.monotonic() < ends:
            if select.select([master], [], [], 0.1)[0]:
                try:
                    shown += os.read(master, 65536).decode(errors="replace")
                except OSError:  # how Linux says that the other end is closed
                    break
            if "until Ctrl-C" in shown and not is_told:
                time.sleep(0.2)
                process.send_signal(signal.SIGINT)
                is_told = True
        else:
            process.kill()
    os.close(master)
    assert "(WT030)" in shown
    assert process.returncode == 0, shown[-2000:]
    assert "Stopped." in shown


def test_without_a_terminal_its_own_server_ends_with_it() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pgwitness.demo"],
        env=CLEAN,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "The server is stopped now" in done.stdout
    assert done.stderr == ""
