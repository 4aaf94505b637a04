"""Taking pgwitness out again: not while somebody may still have to show an event."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

import psycopg
import pytest

from migrations.schema_dump import dump_schema
from pgwitness import archive, migrations, resources
from pgwitness.errors import Busy, UninstallRefused

from databases import TENANT_B, Database, allow_installer

OUR_SCHEMAS = "select count(*) from pg_namespace where nspname ~ '^audit'"


@pytest.fixture
def used_database(loaded_database: Database) -> Database:
    """A database with events of two tenants, some with text that files like to break on."""
    for tenant in ("a", "b"):
        app = loaded_database.connect(loaded_database.role("app", tenant))
        for number in range(20):
            app.execute(
                "select audit.log_event(action => 'user_created', entity_type => 'user',"
                " entity_id => %s::text, description => %s, metadata => %s)",
                (number, 'åäö\n\t\\n "quoted"\x7f', json.dumps({"number": number})),
            )
    return loaded_database


def is_installed(database: Database) -> bool:
    return database.superuser().execute(OUR_SCHEMAS).fetchone() == (4,)


@pytest.fixture
def fresh_database(empty_database: Database) -> Database:
    """A database in which pgwitness was installed, and nothing else was done."""
    allow_installer(empty_database.superuser())
    migrations.install(empty_database.installer_dsn)
    return empty_database


def remove_by_force(database: Database, days: int) -> None:
    """Remove the events of the last days as only a superuser can, instead of waiting a year."""
    superuser = database.superuser()
    tables = superuser.execute(
        "select inhrelid::regclass::text from pg_inherits"
        " where inhparent = 'audit_private.event'::regclass"
    ).fetchall()
    for (table,) in [("audit_private.event",), *tables]:
        superuser.execute(f"alter table {table} disable trigger all".encode())
    superuser.execute(
        "delete from audit_private.event where occurred_at > now() - make_interval(days => %s)",
        (days,),
    )


def test_without_events_of_tenants_it_goes(fresh_database: Database) -> None:
    assert migrations.uninstall(fresh_database.installer_dsn) is None
    assert fresh_database.superuser().execute(OUR_SCHEMAS).fetchone() == (0,)


def test_nothing_remains_but_roles(empty_database: Database, binaries: Path) -> None:
    allow_installer(empty_database.superuser())
    before = dump_schema(binaries, empty_database.dsn("postgres"))
    migrations.install(empty_database.installer_dsn)
    assert dump_schema(binaries, empty_database.dsn("postgres")) != before
    migrations.uninstall(empty_database.installer_dsn)
    assert dump_schema(binaries, empty_database.dsn("postgres")) == before
    roles = empty_database.superuser().execute("select from pg_roles where rolname ~ '^audit_'")
    assert len(roles.fetchall()) == 12


def test_it_can_be_installed_again(fresh_database: Database) -> None:
    migrations.uninstall(fresh_database.installer_dsn)
    assert not migrations.status(fresh_database.installer_dsn).is_installed
    assert migrations.install(fresh_database.installer_dsn).applied
    assert migrations.status(fresh_database.installer_dsn).is_current


def test_young_events_are_in_the_way(used_database: Database) -> None:
    with pytest.raises(UninstallRefused) as refusal:
        migrations.uninstall(used_database.installer_dsn)
    assert refusal.value.sqlstate == "WT083"
    assert "events have not expired, or are held" in str(refusal.value.detail)
    assert "--archive" in str(refusal.value.hint)
    assert is_installed(used_database)
    assert migrations.status(used_database.installer_dsn).is_current


def test_old_events_are_not(loaded_database: Database) -> None:
    admin = loaded_database.connect(loaded_database.role("admin"))
    results = admin.execute(
        "select result from audit.import_events(events => ("
        " select jsonb_agg(jsonb_build_object('action', 'user_created', 'entity_type', 'user',"
        " 'description', 'old', 'occurred_at', now() - make_interval(days => days),"
        " 'idempotency_key', days::text)) from unnest(array[364, 366]) as days),"
        " reason => 'events of the former system')"
    ).fetchall()
    assert results == [("imported",), ("imported",)]
    remove_by_force(loaded_database, days=363)
    with pytest.raises(UninstallRefused) as refusal:
        migrations.uninstall(loaded_database.installer_dsn)
    assert refusal.value.detail == "1 events have not expired, or are held."
    remove_by_force(loaded_database, days=365)
    migrations.uninstall(loaded_database.installer_dsn)
    assert loaded_database.superuser().execute(OUR_SCHEMAS).fetchone() == (0,)


@pytest.mark.parametrize("name", ["events.jsonl", "events.jsonl.gz"])
def test_an_archive_holds_every_event(name: str, used_database: Database, tmp_path: Path) -> None:
    superuser = used_database.superuser()
    expected = superuser.execute(
        "select id::text, tenant_id::text, description, metadata from audit_private.event"
    ).fetchall()
    path = tmp_path / name
    receipt = migrations.uninstall(used_database.installer_dsn, archive_path=path)
    assert receipt is not None
    assert receipt.events == len(expected) > 40
    assert receipt.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert path.stat().st_mode & 0o777 == 0o600
    opened = gzip.decompress(path.read_bytes()) if name.endswith(".gz") else path.read_bytes()
    events = [json.loads(line) for line in opened.decode().split("\n") if line]
    found = [
        tuple(event[key] for key in ("id", "tenant_id", "description", "metadata"))
        for event in events
    ]
    assert sorted(found, key=repr) == sorted(expected, key=repr)
    assert not is_installed(used_database)


def test_an_archive_that_is_not_whole_stops_it(
    used_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = archive.digest_file

    def lose_a_line(path: Path) -> list[archive.DayDigest]:
        lines = path.read_text().splitlines(keepends=True)
        path.write_text("".join(lines[:-1]))
        return written(path)

    monkeypatch.setattr(archive, "digest_file", lose_a_line)
    with pytest.raises(UninstallRefused, match="doesn't hold"):
        migrations.uninstall(used_database.installer_dsn, archive_path=tmp_path / "events.jsonl")
    assert is_installed(used_database)


def test_a_changed_byte_is_noticed(
    used_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = archive.digest_file

    def change_a_byte(path: Path) -> list[archive.DayDigest]:
        path.write_text(path.read_text().replace("quoted", "quotes", 1))
        return written(path)

    monkeypatch.setattr(archive, "digest_file", change_a_byte)
    with pytest.raises(UninstallRefused, match="doesn't hold"):
        migrations.uninstall(used_database.installer_dsn, archive_path=tmp_path / "events.jsonl")
    assert is_installed(used_database)


def test_a_file_is_not_written_over(used_database: Database, tmp_path: Path) -> None:
    path = tmp_path / "precious"
    path.write_text("precious")
    with pytest.raises(FileExistsError):
        migrations.uninstall(used_database.installer_dsn, archive_path=path)
    assert path.read_text() == "precious"
    assert is_installed(used_database)


def test_an_archive_of_fewer_events_than_there_are_does_not_count(
    used_database: Database,
) -> None:
    with psycopg.connect(used_database.installer_dsn) as connection:
        connection.execute("set local pgwitness.archived_events = '39'")
        with pytest.raises(psycopg.DatabaseError, match="may have to be shown"):
            connection.execute(resources.read_sql("uninstall.sql").encode())


def test_a_writer_is_waited_for_a_bounded_time(used_database: Database, tmp_path: Path) -> None:
    writer = psycopg.connect(used_database.dsn(used_database.role("app", "b")))
    writer.execute(
        "select audit.log_event(action => 'user_created', entity_type => 'user',"
        " description => 'not committed', tenant_id => %s)",
        (TENANT_B,),
    )
    path = tmp_path / "events.jsonl"
    with pytest.raises(Busy):
        migrations.uninstall(used_database.installer_dsn, archive_path=path, lock_timeout=0.2)
    writer.close()
    assert not path.exists()
    assert is_installed(used_database)


@pytest.mark.parametrize(
    ("made", "named"),
    [
        ("create view public.mine as select * from audit.event", "view mine"),
        (
            "create table public.theirs (x int default audit_private.theirs_too())",
            "default value for column x of table theirs",
        ),
        (
            "create table public.watched (x int);"
            "create trigger stop before delete on public.watched"
            " execute function audit_private.refuse_change()",
            "trigger stop on table watched",
        ),
    ],
)
def test_what_depends_on_it_elsewhere_is_named(
    made: str, named: str, fresh_database: Database
) -> None:
    superuser = fresh_database.superuser()
    superuser.execute(
        "create function audit_private.theirs_too() returns int language sql as 'select 1'"
    )
    superuser.execute(made.encode())
    with pytest.raises(UninstallRefused) as refusal:
        migrations.uninstall(fresh_database.installer_dsn)
    assert named in str(refusal.value.detail)
    assert is_installed(fresh_database)


def test_where_it_is_not_installed_it_says_so(empty_database: Database, tmp_path: Path) -> None:
    for path in (None, tmp_path / "events.jsonl"):
        with pytest.raises(UninstallRefused, match="not installed"):
            migrations.uninstall(empty_database.installer_dsn, archive_path=path)
    assert not list(tmp_path.iterdir())
