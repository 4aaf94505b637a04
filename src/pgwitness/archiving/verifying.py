"""Finds out, without the database, whether an archive holds what was sealed.

Each row's leaf is made anew from its columns and looked for in the lists of the seals; those lead
to the seal, the seal to the log, and the log to the checkpoint that somebody kept outside. Which
files there should be is told by the log's own events in the archive.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from posixpath import basename
from typing import Any

from pgwitness.archiving import rows as archived
from pgwitness.archiving.folder import PARTS, Folder
from pgwitness.archiving.manifest import (
    LINKS,
    MANIFEST_SUFFIX,
    SUFFIX,
    Link,
    LogSize,
    Manifest,
    ManifestInvalid,
    file_of,
    manifest_of,
    place_of,
)
from pgwitness.archiving.rows import Row, RowsInvalid
from pgwitness.evidence.checkpoints import Checkpoint
from pgwitness.evidence.merkle import ProofInvalid
from pgwitness.evidence.notes import Origin


@dataclass(frozen=True, slots=True)
class ArchiveFinding:
    """Something wrong in an archive.

    Attributes:
        kind: changed_row, missing_row, extra_row, changed_file, missing_file, missing_manifest,
            invalid_manifest, stray_file, invalid_link, unlinked or unproven.
        file: path below the archive's address.
        event_id: the event, where it concerns one.
        detail: what is wrong.
    """

    kind: str
    file: str
    event_id: str | None
    detail: str


@dataclass(slots=True)
class Verification:
    """What verifying an archive found.

    Attributes:
        files: that were looked at.
        rows: events in them whose leaf is in a seal of the log.
        proven: of these, those under the checkpoint.
        later: of these, those that were sealed or written after the checkpoint was made.
        findings: what is wrong.
    """

    files: int = 0
    rows: int = 0
    proven: int = 0
    later: int = 0
    findings: list[ArchiveFinding] = field(default_factory=list)


def verify_file(file: str, content: bytes, manifest: Manifest) -> tuple[list[Row], list[Any]]:
    """Compares a file with its manifest, row by row.

    Args:
        file: path below the archive's address.
        content: of the file.
        manifest: of the file, proven as far as the log.

    Returns:
        The rows that hold, and what was found.
    """
    found: list[ArchiveFinding] = []
    place = place_of(file)
    if place != (manifest.tenant_id, manifest.day) or basename(file) != manifest.file:
        found.append(ArchiveFinding("stray_file", file, None, "its manifest is of another file"))
    sha256 = hashlib.sha256(content).hexdigest()
    if sha256 != manifest.sha256 or len(content) != manifest.size:
        detail = f"its SHA-256 is {sha256}; the manifest says {manifest.sha256}"
        found.append(ArchiveFinding("changed_file", file, None, detail))
    try:
        given = archived.read(content)
    except RowsInvalid as error:
        found.append(ArchiveFinding("changed_file", file, None, f"it can't be read: {error}"))
        return [], found
    expected = manifest.leaves()
    good: list[Row] = []
    for row in given:
        event_id = str(row["id"])
        if event_id not in expected:
            detail = "its manifest lists no such event, or it stands there twice"
            found.append(ArchiveFinding("extra_row", file, event_id, detail))
            continue
        problem = _problem(row, manifest, *expected.pop(event_id))
        if problem is None:
            good.append(row)
        else:
            found.append(ArchiveFinding("changed_row", file, event_id, problem))
    found += (
        ArchiveFinding("missing_row", file, event_id, "its manifest lists it, and it isn't there")
        for event_id in expected
    )
    return good, found


def _problem(row: Row, manifest: Manifest, seal: Any, leaf: bytes) -> str | None:
    try:
        event = archived.sealed_event(row, manifest.tenant_id)
    except ProofInvalid as error:
        return f"it is no event: {error}"
    if event.leaf != leaf:
        return f"its leaf is {event.leaf.hex()}; sealed was {leaf.hex()}"
    if strays := archived.stray(row):
        return "erased, and yet there is content that no seal holds: " + ", ".join(strays)
    if event.envelope.occurred_at.date() != manifest.day:
        return f"it occurred at {event.envelope.occurred_at}, not on that day"
    if not seal.first_at <= event.envelope.occurred_at <= seal.last_at:
        return f"it didn't occur while seal {seal.number} says"
    return None


def verify(
    folder: Folder,
    checkpoint: Checkpoint | None = None,
    on_file: Callable[[int, int], None] = lambda done, total: None,
) -> Verification:
    """Verifies all of an archive.

    Args:
        folder: where it is.
        checkpoint: one that was kept outside, whose signature was verified; without one it is
            proven that the files agree with one another, and not that this was the log.
        on_file: is told how many files of how many are done.

    Raises:
        ImportError: pyarrow isn't installed.
        OSError: a file can't be read.
    """
    found = Verification()
    names = folder.names()
    files = {name for name in names if name.endswith(SUFFIX)}
    manifests = {name for name in names if name.endswith(MANIFEST_SUFFIX)}
    links = [name for name in names if name.startswith(f"{LINKS}/")]
    for name in names:
        is_known = name in files or name in manifests or name in links
        if not is_known and not name.startswith(f"{PARTS}/"):
            _find(found, "stray_file", name, "it is none of an archive's files")
    chain = _links(folder, links, found)
    known = {link.new for link in chain} | {link.old for link in chain}
    trusted = _trusted(chain, checkpoint, found)
    told: list[Row] = []
    own: set[tuple[str, str]] = set()
    hashes: dict[str, str] = {}
    total = len(files | {file_of(name) for name in manifests})
    for done, name in enumerate(sorted(files | {file_of(name) for name in manifests}), 1):
        on_file(done, total)
        found.files += 1
        if name not in files:
            _find(found, "missing_file", name, "its manifest is there, and it isn't")
            continue
        if manifest_of(name) not in manifests:
            _find(found, "missing_manifest", name, "it has no manifest")
            continue
        try:
            manifest = Manifest.parse(folder.read(manifest_of(name)).decode())
        except (ManifestInvalid, UnicodeDecodeError) as error:
            _find(found, "invalid_manifest", manifest_of(name), f"{error}")
            continue
        if manifest.log not in known:
            _find(found, "unlinked", name, f"nothing in {LINKS}/ tells of its log")
        content = folder.read(name)
        hashes[name] = hashlib.sha256(content).hexdigest()
        rows, problems = verify_file(name, content, manifest)
        found.findings += problems
        _count(found, name, manifest, rows, trusted, checkpoint)
        own.add((manifest.sink, manifest.address))
        told += (
            row
            for row in rows
            if row["action"] in ("events_archived", "archive_removed") and row["source"] == "system"
        )
    _compare_with_log(found, own, told, hashes)
    return found


def _count(
    found: Verification,
    name: str,
    manifest: Manifest,
    rows: list[Row],
    trusted: set[LogSize] | None,
    checkpoint: Checkpoint | None,
) -> None:
    """Counts the events, by what proves their log."""
    found.rows += len(rows)
    if trusted is None or checkpoint is None:
        return
    if manifest.log in trusted:
        found.proven += len(rows)
    elif manifest.log.size > checkpoint.size:
        found.later += len(rows)
    else:
        detail = (
            f"its log of {manifest.log.size} seals isn't linked to the checkpoint's of "
            f"{checkpoint.size}"
        )
        _find(found, "unproven", name, detail)


def _links(folder: Folder, names: Iterable[str], found: Verification) -> list[Link]:
    """Reads how the log grew, and proves each step."""
    links: list[Link] = []
    for name in names:
        try:
            link = Link.parse(json.loads(folder.read(name)))
            link.verify()
        except (ManifestInvalid, ValueError, RecursionError) as error:
            _find(found, "invalid_link", name, f"{error}")
            continue
        links.append(link)
    return links


def _trusted(
    links: list[Link], checkpoint: Checkpoint | None, found: Verification
) -> set[LogSize] | None:
    """Gives the sizes of the log that lead to the checkpoint; None without one."""
    if checkpoint is None:
        return None
    trusted = {LogSize(checkpoint.size, checkpoint.root.hex())}
    origin = Origin.parse(checkpoint.origin)
    for link in sorted(links, key=lambda link: (link.new.size, link.old.size), reverse=True):
        made = Origin.parse(link.origin)
        if link.new in trusted and origin and made and origin.continues(made):
            trusted.add(link.old)
    largest = max((link.new.size for link in links if link.new.size <= checkpoint.size), default=0)
    if largest and not any(link.new in trusted for link in links):
        detail = (
            "nothing here links the archive to the checkpoint: run "
            "pgwitness archive link with the same checkpoint"
        )
        _find(found, "unlinked", f"{LINKS}/", detail)
    return trusted


def _compare_with_log(
    found: Verification, own: set[tuple[str, str]], told: list[Row], hashes: dict[str, str]
) -> None:
    """Compares the files that are there with those that the log's own events tell of."""
    expected: dict[str, str] = {}
    removed: set[str] = set()
    for row in told:
        said = json.loads(row["metadata"] or "{}")
        if (said.get("sink"), said.get("address")) not in own:
            continue
        if row["action"] == "archive_removed":
            removed.add(said["file"])
        else:
            for other in (said, *said.get("others", ())):
                expected[other["file"]] = other["sha256"]
    faulty = {finding.file for finding in found.findings}
    for file, sha256 in sorted(expected.items()):
        if file in removed:
            continue
        if file not in hashes:
            if file not in faulty and manifest_of(file) not in faulty:
                _find(found, "missing_file", file, "the log says that it was archived")
        elif hashes[file] != sha256:
            detail = f"its SHA-256 is {hashes[file]}; the log says {sha256}"
            _find(found, "changed_file", file, detail)


def _find(found: Verification, kind: str, file: str, detail: str) -> None:
    found.findings.append(ArchiveFinding(kind, file, None, detail))
