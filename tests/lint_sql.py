"""Lints the SQL with squawk, pgspot and, where the server has it, plpgsql_check.

What is left out is left out by name, with the reason beside it.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import psycopg

from pgwitness import migrations, resources
from pgwitness.server import Server, find_binaries

SQUAWK_LEFT_OUT = {
    "prefer-robust-stmts": "a migration is applied whole or not at all",
    "require-lock-timeout": "the installer sets it",
    "require-statement-timeout": "what waits is bounded by lock_timeout; a build may take its time",
    "require-concurrent-index-creation": "an installation is one transaction",
    "prefer-bigint-over-int": "bytes of a payload, days and the like fit",
    "prefer-bigint-over-smallint": "PostgreSQL itself numbers columns so",
}

# About creating over what somebody else may have put there: the schemas are ours alone.
PGSPOT_CREATION = {"PS002", "PS015"}
# About names that a search_path could bend. A function that isn't a definer (PS005 where it pins
# no path) runs either below a definer, which does, or with nobody's rights but the caller's; what
# is no function at all runs in the installation, whose path is our own schema.
PGSPOT_SEARCH_PATH = {"PS001", "PS005", "PS009", "PS016", "PS017"}

PLPGSQL_CHECK = """
    select p.oid::regprocedure::text, c.level, c.lineno, c.message
    from pg_proc p
    join pg_language l on l.oid = p.prolang and l.lanname = 'plpgsql'
    left join lateral (
      select t.tgrelid from pg_trigger t where t.tgfoid = p.oid and not t.tgisinternal limit 1
    ) t on true
    cross join lateral plpgsql_check_function_tb(
      p.oid, coalesce(t.tgrelid, 0),
      fatal_errors => false, extra_warnings => true, performance_warnings => false,
      security_warnings => true, other_warnings => true) c
    where p.pronamespace::regnamespace::text = any ('{audit,audit_private}')
    order by 1, 3
"""

PLPGSQL_LEFT_OUT = {
    "never read": "a row is locked or looked for by selecting it",
    "target type is different": "a value is cast when it is assigned",
    "OUT variable": "rows come from a query that is executed",
    "control reached end of function": "what is called last raises",
}
# They execute SQL that our own functions wrote; nobody else may call them with other SQL.
SQL_WRITTEN_BY_US = {
    "audit.close_partition",
    "audit.watch",
    "audit_private.create_capture_function",
    "audit_private.count_due",
    "audit_private.count_found_events",
    "audit_private.delete_due",
    "audit_private.empty_partition",
    "audit_private.find_events",
    "audit_private.write_chunks",
    "audit_private.guard_partition",
}


def run_squawk() -> list[str]:
    """Lint the migrations."""
    done = subprocess.run(
        [
            *(Path(sys.executable).with_name("squawk"), "--reporter=gcc", "--pg-version=15.0"),
            f"--exclude={','.join(SQUAWK_LEFT_OUT)}",
            *sorted((resources.sql_directory() / "migrations").glob("*.sql")),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    return [line for line in done.stdout.splitlines() if re.search(r": (warning|error):", line)]


def run_pgspot() -> list[str]:
    """Look for ways around search_path in each file of the code."""
    folder = resources.sql_directory() / "code"
    files = resources.code_files()
    names = [file.name for file in files]
    functions = {
        file.name for file in files if re.search("create or replace (function|proc)", file.text)
    }
    done = subprocess.run(
        [Path(sys.executable).with_name("pgspot"), *names],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    complaints, unread = [], []
    _, *parts = re.split(r"(?m)^(\S+\.sql): $", done.stdout)
    answers = dict(zip(parts[::2], parts[1::2], strict=True))
    for name in names:
        answer = answers.get(name, "")
        if "only supports pg_catalog and public" in answer:
            unread.append(name)
        elif not re.search(r"(?m)^\s*Errors: \d", answer):
            complaints.append(f"{name}: pgspot failed: {done.stderr.strip()[-300:]}")
        found = re.findall(r"(?m)^(PS\d+): (.*) at line (\d+)$", answer)
        unpinned = {line for code, _, line in found if code == "PS005"}
        for code, text, line in found:
            is_harmless = line in unpinned or name not in functions
            if code in PGSPOT_SEARCH_PATH and is_harmless:
                continue
            if code not in PGSPOT_CREATION:
                complaints.append(f"{name}:{line}: {code}: {text}")
    if unread:
        print(f"  can't read the types of our own schemas, which are in: {', '.join(unread)}")
    return complaints


def run_plpgsql_check() -> list[str]:
    """Check each function's body against a live installation."""
    with Server(find_binaries(15)) as server:
        migrations.create_roles(server.dsn())
        migrations.install(server.dsn())
        with psycopg.connect(server.dsn(), autocommit=True) as connection:
            known = connection.execute(
                "select from pg_available_extensions where name = 'plpgsql_check'"
            ).fetchone()
            if known is None:
                print("  not run: this server has no plpgsql_check (postgresql-15-plpgsql-check)")
                return []
            connection.execute("create extension plpgsql_check")
            rows = connection.execute(PLPGSQL_CHECK).fetchall()
    return [
        f"{name}:{line}: {level}: {message}"
        for name, level, line, message in rows
        if not any(phrase in message for phrase in PLPGSQL_LEFT_OUT)
        and not (level == "security" and name.partition("(")[0] in SQL_WRITTEN_BY_US)
    ]


def main() -> int:
    """Run the three and say how many complaints there are."""
    total = 0
    for name, run in (
        ("squawk", run_squawk),
        ("pgspot", run_pgspot),
        ("plpgsql_check", run_plpgsql_check),
    ):
        print(f"{name}:", flush=True)
        complaints = run()
        for complaint in complaints:
            print(f"  {complaint}")
        print(f"  {len(complaints)} complaints", flush=True)
        total += len(complaints)
    return min(total, 1)


if __name__ == "__main__":
    sys.exit(main())
