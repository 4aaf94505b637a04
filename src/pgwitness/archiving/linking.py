"""Links an archive to a checkpoint, so that the checkpoint proves it without the database."""

from __future__ import annotations

import json

from pgwitness.archiving.folder import Folder
from pgwitness.archiving.manifest import LINKS, Link, LogSize, ManifestInvalid
from pgwitness.client import Client
from pgwitness.evidence.checkpoints import Checkpoint

OWNER = "links"


def link(client: Client, folder: Folder, checkpoint: Checkpoint) -> Link | None:
    """Stores the proof that the log of a checkpoint grew from the last one that the archive knows.

    Args:
        client: as somebody who may prove how the log grew.
        folder: where the archive is.
        checkpoint: whose signature was verified.

    Returns:
        The link; None when the archive has nothing from before the checkpoint.

    Raises:
        ManifestInvalid: the checkpoint isn't of the log that the archive was written from.
        OSError: a file can't be read or written.
        PgwitnessError: the database refuses.
    """
    known: list[Link] = []
    for name in folder.names(LINKS):
        try:
            known.append(Link.parse(json.loads(folder.read(name))))
        except (ValueError, RecursionError) as error:
            raise ManifestInvalid(f"{name}: {error}") from error
    # After a restore the archive may know logs that were lost: the last one that holds counts.
    before = sorted(
        {link.new for link in known if link.new.size <= checkpoint.size},
        key=lambda log: log.size,
        reverse=True,
    )
    if not before:
        return None
    new = LogSize(checkpoint.size, checkpoint.root.hex())
    for old in before:
        proof = client.prove_consistency(old.size, new.size)
        made = Link(checkpoint.origin, new, old, tuple(proof))
        try:
            made.verify()
            break
        except ManifestInvalid:
            if old is before[-1]:
                raise
    if not folder.exists(made.name):
        folder.write(made.name, made.as_text().encode(), owner=OWNER)
    return made
