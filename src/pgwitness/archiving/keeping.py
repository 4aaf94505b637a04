"""Lets archived files go that have expired, and writes anew what holds erased content.

The database decides, and notes it, before a file is deleted: what is told to be gone and is still
there was left by a run that was killed, and is deleted by the next one.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

from pgwitness.archiving import rows as archived
from pgwitness.archiving.folder import Folder
from pgwitness.archiving.manifest import SUFFIX, Manifest, manifest_of
from pgwitness.archiving.writing import prove
from pgwitness.client import Client
from pgwitness.errors import ArchiveKept
from pgwitness.models import ArchivedFile


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of an archived file.

    Attributes:
        file: path below the archive's address.
        result: removed, rewritten, held, or left when it isn't at this address.
        rows: events in it.
        replacement: the file that holds them now, when it was rewritten.
    """

    file: str
    result: str
    rows: int
    replacement: str | None = None


def expire(client: Client, name: str, folder: Folder) -> list[Kept]:
    """Deletes the files of a sink in which everything has expired, and no hold keeps anything.

    Args:
        client: as the sink's role, in autocommit.
        name: of the sink.
        folder: where its files are.

    Raises:
        OSError: a file can't be deleted.
        PgwitnessError: the database refuses.
    """
    done = []
    for archive in client.list_archives(name):
        if archive.removed_at is not None:
            if _delete(folder, archive.file):
                done.append(Kept(archive.file, "removed", archive.rows))
        elif archive.is_expired and archive.is_held:
            done.append(Kept(archive.file, "held", archive.rows))
        elif archive.is_expired:
            with suppress(ArchiveKept):
                client.remove_archive(name, archive.tenant_id, archive.file)
                _delete(folder, archive.file)
                done.append(Kept(archive.file, "removed", archive.rows))
    return done


def rewrite(client: Client, name: str, folder: Folder) -> list[Kept]:
    """Writes the files anew that hold events of which something was erased since.

    The leaves stay as they are, so manifest and proofs hold for the new file as for the old one.

    Args:
        client: as the sink's role, in autocommit.
        name: of the sink.
        folder: where its files are.

    Raises:
        ArchiveUnproven: what was read back doesn't hold what was sealed.
        OSError: a file can't be read, written or deleted.
        PgwitnessError: the database refuses.
    """
    folder.sweep(_owner(name))
    archives = client.list_archives(name)
    known = {archive.file for archive in archives}
    return [
        _rewrite(client, name, folder, archive, known) for archive in archives if archive.erased
    ]


def _rewrite(
    client: Client, name: str, folder: Folder, archive: ArchivedFile, known: set[str]
) -> Kept:
    if not folder.exists(archive.file):
        return Kept(archive.file, "left", archive.rows)
    manifest = Manifest.parse(folder.read(manifest_of(archive.file)).decode())
    rows = archived.read(folder.read(archive.file))
    told = client.prove_sink(name, archive.tenant_id, [row["id"] for row in rows])
    erased = told["erased"]
    content = archived.write(
        [archived.without(row, archive.tenant_id, erased.get(row["id"], ())) for row in rows]
    )
    stem = archive.file.removesuffix(SUFFIX)
    number = 1
    while (replacement := f"{stem}_r{number}{SUFFIX}") in known:
        number += 1
    # Nobody knows a file of this name but a run that was killed.
    _delete(folder, replacement)
    made = replace(
        manifest,
        file=replacement.rpartition("/")[2],
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        read_at=datetime.fromisoformat(told["read_at"]),
        written_at=datetime.now(UTC),
    )
    folder.write(replacement, content, owner=_owner(name), check=partial(prove, replacement, made))
    folder.write(manifest_of(replacement), made.as_text().encode(), owner=_owner(name))
    client.replace_archive(
        name, archive.tenant_id, archive.file, replacement, made.sha256, made.size, made.read_at
    )
    _delete(folder, archive.file)
    return Kept(archive.file, "rewritten", archive.rows, replacement)


def _owner(name: str) -> str:
    """Names what is being written here, apart from what the sink's consumer writes meanwhile."""
    return f"{name}.rewrite"


def _delete(folder: Folder, file: str) -> bool:
    folder.remove(manifest_of(file))
    return folder.remove(file)
