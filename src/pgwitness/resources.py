"""Finds the SQL that pgwitness consists of, in an installed wheel or in a checkout."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class CodeFile:
    """A file of `sql/code`.

    Attributes:
        name: Path below `sql/code`, with forward slashes.
        text: Its SQL.
    """

    name: str
    text: str


def sql_directory() -> Path:
    """Give the folder with `roles.sql`, `migrations` and the rest.

    A wheel carries it inside the package; an editable install leaves it at the checkout's top.

    Raises:
        FileNotFoundError: The package was installed without its SQL.
    """
    here = Path(__file__).resolve().parent
    for candidate in (here / "sql", here.parents[1] / "sql"):
        if (candidate / "schemas.sql").is_file():
            return candidate
    raise FileNotFoundError(f"pgwitness's SQL is neither in {here} nor in a checkout around it")


def read_sql(name: str) -> str:
    """Read one file by its path below the SQL folder, such as `roles.sql`."""
    return (sql_directory() / name).read_text(encoding="utf-8")


def code_files() -> list[CodeFile]:
    """Read `sql/code` in the order of its `order.txt`, and by name inside each folder."""
    root = sql_directory() / "code"
    folders = (root / "order.txt").read_text(encoding="utf-8").split()
    return [
        CodeFile(f"{folder}/{path.name}", path.read_text(encoding="utf-8"))
        for folder in folders
        for path in sorted((root / folder).glob("*.sql"))
    ]


def code_digest(files: list[CodeFile]) -> str:
    """Give the SHA-256, in hexadecimal, over name and text of each file in order."""
    digest = hashlib.sha256()
    for file in files:
        for part in (file.name, file.text):
            content = part.encode()
            digest.update(len(content).to_bytes(8))
            digest.update(content)
    return digest.hexdigest()
