"""Installing: as whom, over what, against whom, and again."""

from __future__ import annotations

import getpass
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from pgwitness import migrations, resources
from pgwitness.errors import (
    Busy,
    DatabaseNewer,
    InstallerLacksRights,
    PgwitnessError,
    SchemaForeign,
)
from pgwitness.server import Server

from databases import INSTALLER, Database, allow_installer, create_role

EVENTS_OF_INSTALLATION = """
    select action from audit_private.event
    where action in ('installed', 'upgraded') order by occurred_at
"""


@pytest.fixture
def writable(empty_database: Database) -> Database:
    """An empty database in which the installer may create schemas."""
    allow_installer(empty_database.superuser())
    return empty_database


@pytest.fixture
def rolless_server(binaries: Path) -> Iterator[Server]:
    """A server of its own that has never heard of us."""
    with Server(binaries) as server:
        yield server


def our_schemas(database: Database) -> list[Any]:
    rows = database.superuser().execute("select nspname from pg_namespace where nspname ~ '^audit'")
    return [name for (name,) in rows]


def pretend_changed(monkeypatch: pytest.MonkeyPatch, text: str = "select 1;") -> None:
    """Let the code be another than what is installed: one file more."""
    files = [*resources.code_files(), resources.CodeFile("jobs/pretended.sql", text)]
    monkeypatch.setattr(resources, "code_files", lambda: files)


# As whom


def test_the_installer_is_nobody_special(writable: Database) -> None:
    row = (
        writable.superuser()
        .execute(
            "select rolsuper, rolinherit, rolcreaterole, rolbypassrls from pg_roles"
            " where rolname = %s",
            (INSTALLER,),
        )
        .fetchone()
    )
    assert row == (False, False, False, False)
    outcome = migrations.install(writable.installer_dsn)
    assert outcome.is_code_applied
    assert len(outcome.applied) == len(list((resources.sql_directory() / "migrations").iterdir()))
    assert migrations.status(writable.installer_dsn).is_current


def test_a_superuser_may_install_too(empty_database: Database) -> None:
    migrations.install(empty_database.dsn("postgres"))
    assert migrations.status(empty_database.dsn("postgres")).is_current
    owners = empty_database.superuser().execute(
        "select distinct proowner::regrole::text from pg_proc"
        " where pronamespace::regnamespace::text ~ '^audit'"
    )
    assert all(owner.startswith("audit_") for (owner,) in owners)


def test_without_engine_roles_it_says_which_are_lacking(empty_database: Database) -> None:
    stranger = empty_database.dsn(empty_database.role("stranger"))
    rights = migrations.check_rights(stranger)
    assert rights.lacking == ("audit_owner", "audit_writer", "audit_finder", "audit_keeper")
    assert not rights.may_create_roles
    with pytest.raises(InstallerLacksRights) as refusal:
        migrations.install(stranger)
    assert refusal.value.sqlstate == "WT082"
    assert "audit_keeper" in str(refusal.value.detail)
    assert "roles.sql" in str(refusal.value.hint)
    assert our_schemas(empty_database) == []


def test_without_the_right_to_create_schemas_it_says_so(empty_database: Database) -> None:
    with pytest.raises(InstallerLacksRights) as refusal:
        migrations.install(empty_database.installer_dsn)
    assert "grant create on database" in str(refusal.value.hint)
    assert our_schemas(empty_database) == []


def test_the_next_installation_needs_no_right_to_create_schemas(
    writable: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrations.install(writable.installer_dsn)
    writable.superuser().execute(
        sql.SQL("revoke create on database {} from {}").format(
            sql.Identifier(writable.name), sql.Identifier(INSTALLER)
        )
    )
    pretend_changed(monkeypatch)
    assert migrations.install(writable.installer_dsn).is_code_applied


def test_a_login_that_may_create_roles_sets_itself_up(rolless_server: Server) -> None:
    with psycopg.connect(rolless_server.dsn(), autocommit=True) as administrator:
        create_role(administrator, "deploy", "createrole noinherit")
        administrator.execute("grant create on database postgres to deploy")
    dsn = rolless_server.dsn(user="deploy")
    before = migrations.check_rights(dsn)
    assert before.may_create_roles
    assert {"audit_owner", "audit_app", "audit_backup"} <= set(before.lacking)
    migrations.create_roles(dsn)
    assert migrations.check_rights(dsn).lacking == ()
    migrations.install(dsn)
    assert migrations.status(dsn).is_current
    migrations.create_roles(dsn)


def test_an_inheriting_installer_is_refused_or_does_not_inherit(rolless_server: Server) -> None:
    """On 15 inheriting is a property of the login; from 16 on, of the membership."""
    with psycopg.connect(rolless_server.dsn(), autocommit=True) as administrator:
        create_role(administrator, "deploy", "createrole inherit")
        administrator.execute("grant create on database postgres to deploy")
        dsn = rolless_server.dsn(user="deploy")
        if administrator.info.server_version < 160000:
            with pytest.raises(InstallerLacksRights) as refusal:
                migrations.create_roles(dsn)
            assert "noinherit" in str(refusal.value.hint)
        else:
            migrations.create_roles(dsn)
            row = administrator.execute(
                "select pg_has_role('deploy', 'audit_keeper', 'usage'),"
                " pg_has_role('deploy', 'audit_keeper', 'set')"
            ).fetchone()
            assert row == (False, True)
            migrations.install(dsn)


def test_nothing_has_to_know_who_we_are(
    writable: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A container may run as a number without a name."""

    def unknown() -> str:
        raise KeyError("getpwuid(): uid not found: 12345")

    monkeypatch.setattr(getpass, "getuser", unknown)
    for variable in ("USER", "LOGNAME", "USERNAME", "LNAME"):
        monkeypatch.delenv(variable, raising=False)
    assert migrations.install(writable.installer_dsn).applied


# Where


@pytest.mark.parametrize("form", ["uri", "string", "variables"])
def test_every_form_of_connection_string(
    form: str, writable: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    dsn = {
        "uri": f"postgresql://{INSTALLER}@{writable.host}:{writable.port}/{writable.name}",
        "string": f"host={writable.host} port={writable.port} dbname={writable.name} "
        f"user={INSTALLER} password='it''s \\'secret'",
        "variables": "",
    }[form]
    if form == "variables":
        monkeypatch.setenv("PGHOST", writable.host)
        monkeypatch.setenv("PGPORT", str(writable.port))
        monkeypatch.setenv("PGDATABASE", writable.name)
        monkeypatch.setenv("PGUSER", INSTALLER)
    migrations.install(dsn.replace("''", ""))
    assert migrations.status(writable.installer_dsn).is_current


def test_no_output_and_no_password(
    writable: Database, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    migrations.install(writable.installer_dsn + " password=do-not-tell")
    with pytest.raises(psycopg.OperationalError) as error:
        migrations.install("host=127.0.0.1 port=1 password=do-not-tell")
    told = capfd.readouterr()
    assert told.out + told.err == ""
    assert "do-not-tell" not in caplog.text + str(error.value)


# Over what


@pytest.mark.parametrize("name", ["audit", "audit_private", "audit_migrations"])
def test_a_foreign_schema_is_left_alone(name: str, writable: Database) -> None:
    superuser = writable.superuser()
    superuser.execute(sql.SQL("create schema {}").format(sql.Identifier(name)))
    superuser.execute(sql.SQL("create table {} (x int)").format(sql.Identifier(name, "record")))
    superuser.execute(
        sql.SQL("create function {}() returns int language sql as 'select 1'").format(
            sql.Identifier(name, "log_it")
        )
    )
    with pytest.raises(SchemaForeign) as refusal:
        migrations.install(writable.installer_dsn)
    assert refusal.value.sqlstate == "WT080"
    assert "record" in str(refusal.value.detail)
    assert "log_it" in str(refusal.value.detail)
    assert our_schemas(writable) == [name]


def test_a_database_that_is_not_utf8_is_refused(rolless_server: Server) -> None:
    with psycopg.connect(rolless_server.dsn(), autocommit=True) as administrator:
        administrator.execute(resources.read_sql("roles.sql").encode())
        administrator.execute(
            "create database old encoding 'LATIN1' lc_collate 'C' lc_ctype 'C' template template0"
        )
    with pytest.raises(InstallerLacksRights, match="UTF8"):
        migrations.install(rolless_server.dsn("old"))


def test_it_creates_no_extension_and_nothing_outside_its_schemas(writable: Database) -> None:
    query = """
        select 'extension ' || extname from pg_extension
        union all select 'relation ' || c.oid::regclass from pg_class c
          where c.relnamespace::regnamespace::text !~ '^(audit|pg_toast)'
        union all select 'function ' || p.oid::regprocedure from pg_proc p
          where p.pronamespace::regnamespace::text !~ '^audit'
        union all select 'type ' || t.typname from pg_type t
          where t.typnamespace::regnamespace::text !~ '^(audit|pg_toast)'
        union all select 'schema ' || nspname from pg_namespace where nspname !~ '^audit'
    """
    connection = writable.superuser()
    before = connection.execute(query).fetchall()
    migrations.install(writable.installer_dsn)
    assert connection.execute(query).fetchall() == before


# Again


def test_again_changes_nothing(database: Database) -> None:
    connection = database.superuser()
    query = "select (select count(*) from audit_private.installation), txid_current() is not null"
    before = connection.execute(query).fetchall()
    outcome = migrations.install(database.installer_dsn)
    assert (outcome.applied, outcome.marked, outcome.is_code_applied) == ((), (), False)
    assert connection.execute(query).fetchall() == before
    assert connection.execute(EVENTS_OF_INSTALLATION).fetchall() == [("installed",)]


def test_again_takes_no_lock_on_events(database: Database) -> None:
    holder = psycopg.connect(database.dsn("postgres"))
    holder.execute("lock table audit_private.event in access exclusive mode")
    migrations.install(database.installer_dsn, lock_timeout=0.2)
    holder.close()


def test_new_code_waits_for_no_writer_and_no_reader(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Transactions that have written to and read from the event table stay open meanwhile."""
    pretend_changed(monkeypatch)
    holder = psycopg.connect(database.dsn("postgres"))
    holder.execute("lock table audit_private.event in row exclusive mode")
    holder.execute("select count(*) from audit_private.event")
    assert migrations.install(database.installer_dsn, lock_timeout=0.5).is_code_applied
    holder.close()


def test_new_code_is_applied_and_told(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    text = """
        create function audit.pretended() returns integer language sql as 'select 42';
        comment on function audit.pretended() is 'pretended';
    """
    pretend_changed(monkeypatch, text)
    assert not migrations.status(database.installer_dsn).is_current
    outcome = migrations.install(database.installer_dsn)
    assert outcome.is_code_applied
    assert outcome.applied == ()
    status = migrations.status(database.installer_dsn)
    assert status.is_current
    assert status.drift == ()
    connection = database.superuser()
    assert connection.execute("select audit.pretended()").fetchone() == (42,)
    assert connection.execute(EVENTS_OF_INSTALLATION).fetchall() == [("installed",), ("upgraded",)]


def test_broken_code_leaves_the_old_one(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend_changed(
        monkeypatch, "drop function audit.is_logged(text, uuid); select 1 / 0 as broken;"
    )
    with pytest.raises(psycopg.errors.DivisionByZero) as error:
        migrations.install(database.installer_dsn)
    assert error.value.__notes__ == ["jobs/pretended.sql"]
    monkeypatch.undo()
    assert migrations.status(database.installer_dsn).is_current


def test_force_undoes_what_others_changed(database: Database) -> None:
    superuser = database.superuser()
    superuser.execute(
        "create or replace function audit.is_logged(action text, tenant_id uuid default null)"
        " returns boolean language sql as 'select false'"
    )
    assert [drift.problem for drift in migrations.status(database.installer_dsn).drift] == [
        "changed"
    ]
    assert not migrations.install(database.installer_dsn).is_code_applied
    assert migrations.install(database.installer_dsn, force=True).is_code_applied
    assert migrations.status(database.installer_dsn).is_current


# Against whom


def test_racing_installations_are_safe(writable: Database) -> None:
    program = (
        "import sys; from pgwitness.migrations import install;"
        "print(install(sys.argv[1]).is_code_applied)"
    )
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", program, writable.installer_dsn],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _ in range(6)
    ]
    answers = [racer.communicate(timeout=120)[0].strip() for racer in racers]
    assert sorted(answers) == ["False"] * 5 + ["True"]
    connection = writable.superuser()
    assert connection.execute(EVENTS_OF_INSTALLATION).fetchall() == [("installed",)]
    assert migrations.status(writable.installer_dsn).is_current


def test_a_rival_is_waited_for_a_bounded_time(writable: Database) -> None:
    rival = psycopg.connect(writable.installer_dsn)
    rival.execute("select pg_advisory_xact_lock(%s)", (migrations.LOCK_KEY,))
    with pytest.raises(Busy, match="another installation"):
        migrations.install(writable.installer_dsn, rival_timeout=0.2)
    rival.close()
    assert our_schemas(writable) == []
    migrations.install(writable.installer_dsn)


def test_a_killed_installation_is_in_nobody_s_way(writable: Database) -> None:
    rival = psycopg.connect(writable.installer_dsn)
    rival.execute("select pg_advisory_xact_lock(%s)", (migrations.LOCK_KEY,))
    writable.superuser().execute("select pg_terminate_backend(%s)", (rival.info.backend_pid,))
    migrations.install(writable.installer_dsn, rival_timeout=5)
    rival.close()


def test_a_busy_database_is_given_up_cleanly(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    superuser = database.superuser()
    before = superuser.execute("select count(*) from audit_private.installation").fetchone()
    pretend_changed(
        monkeypatch,
        "create function audit.pretended() returns int language sql as 'select 1';"
        "alter table audit_private.event alter column sequence set statistics 1000;",
    )
    holder = psycopg.connect(database.dsn("postgres"))
    holder.execute("lock table audit_private.event in share update exclusive mode")
    started = time.monotonic()
    with pytest.raises(Busy) as refusal:
        migrations.install(database.installer_dsn, lock_timeout=0.3)
    assert time.monotonic() - started < 5
    assert refusal.value.sqlstate == "WT084"
    assert "jobs/pretended.sql" in str(refusal.value.detail)
    holder.close()
    row = superuser.execute("select count(*) from audit_private.installation").fetchone()
    assert row == before
    assert superuser.execute("select to_regproc('audit.pretended')").fetchone() == (None,)
    monkeypatch.undo()
    assert migrations.status(database.installer_dsn).is_current


def test_a_newer_version_is_refused(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    database.superuser().execute(
        "insert into audit_private.installation (version, code_digest, installed_by, migrations)"
        " select '99.1.0', code_digest, installed_by, migrations from audit_private.installation"
    )
    with pytest.raises(DatabaseNewer) as refusal:
        migrations.install(database.installer_dsn, force=True)
    assert refusal.value.sqlstate == "WT081"
    assert "99.1.0" in str(refusal.value.detail)


def test_unknown_migrations_are_refused(database: Database) -> None:
    database.superuser().execute(
        "insert into audit_migrations._yoyo_migration values ('x', '0099.from_the_future', now())"
    )
    with pytest.raises(DatabaseNewer, match=r"0099\.from_the_future"):
        migrations.install(database.installer_dsn)


def test_versions_are_compared_as_numbers() -> None:
    newer = migrations.Installed("0.10.0", "", datetime.now(UTC), ())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pgwitness.__version__", "0.9.0")
        with pytest.raises(PgwitnessError):
            migrations._refuse_newer(newer, set(), set())
        patch.setattr("pgwitness.__version__", "0.11.0")
        migrations._refuse_newer(newer, set(), set())
