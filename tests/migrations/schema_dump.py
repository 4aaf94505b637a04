"""What a database's schema is, as text that can be compared."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

NOISE = re.compile(
    r"^(--.*|SET .*;|SELECT pg_catalog\.set_config\(.*|\\(un)?restrict .*)?$", re.MULTILINE
)


def dump_schema(binaries: Path, dsn: str, *options: str) -> str:
    """Dump a whole database's schema, comments and privileges included, without the partitions.

    Args:
        binaries: Folder of pg_dump.
        dsn: Connection string of a superuser.
        options: More options of pg_dump.
    """
    done = subprocess.run(
        [
            *(binaries / "pg_dump", "--schema-only", f"--dbname={dsn}"),
            *("--exclude-table=audit_private.event_2*", *options),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return re.sub(r"\n{2,}", "\n\n", NOISE.sub("", done.stdout)).strip() + "\n"
