"""What people install is what was tested: the wheel holds the SQL."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pgwitness
from pgwitness import resources

PROJECT = Path(__file__).resolve().parents[2]


def test_an_unpacked_wheel_finds_its_sql(tmp_path: Path) -> None:
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(site)
    folder = resources.sql_directory()
    expected = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
    unpacked = site / "pgwitness" / "sql"
    assert {
        path.relative_to(unpacked) for path in unpacked.rglob("*") if path.is_file()
    } == expected
    assert (site / "pgwitness" / "py.typed").exists()
    program = (
        "from pgwitness import resources, migrations;"
        "print(resources.sql_directory(), resources.code_digest(resources.code_files()));"
        "migrations.read_our_migrations(); migrations.bundle();"
        "from pgwitness.gameday import attacks, rehearsal; assert attacks.load()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={"PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=True,
    )
    digest = resources.code_digest(resources.code_files())
    assert done.stdout.split() == [str(unpacked), digest]


def test_the_version_is_one() -> None:
    assert f'version = "{pgwitness.__version__}"' in (PROJECT / "pyproject.toml").read_text()


def test_only_one_module_knows_yoyo() -> None:
    knowing = [
        path.name
        for path in (PROJECT / "src").rglob("*.py")
        if any(
            line.startswith(("import yoyo", "from yoyo")) for line in path.read_text().split("\n")
        )
    ]
    assert knowing == ["migrations.py"]
