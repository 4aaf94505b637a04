"""Cases: events with their proofs, in a file that stands without the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from pgwitness import exporting
from pgwitness.cli.access import Reader, justification_options, reader
from pgwitness.cli.key import FILE, read_keys, required_signing_key, signing_key, unreadable
from pgwitness.cli.parameters import GroupWithDefault, read_object
from pgwitness.cli.rendering import note, progress, report_result
from pgwitness.cli.search import build_filter
from pgwitness.cli.session import Session, pass_session
from pgwitness.client import Client
from pgwitness.evidence import checkpoints, writing
from pgwitness.evidence.case_file import CaseInvalid
from pgwitness.evidence.checkpoints import Checkpoint
from pgwitness.evidence.merkle import ProofInvalid
from pgwitness.evidence.notes import KeyRing, SigningKey
from pgwitness.evidence.proofs import GROUPS, Proof
from pgwitness.evidence.writing import CaseWriter
from pgwitness.exporting import Sink
from pgwitness.models import EventProof, FoundEvent, LogHead

COLLECT = "collect"
FOUND_AT_ONCE = 1000
PROVEN_AT_ONCE = 200


@click.group(cls=GroupWithDefault, default=COLLECT)
def evidence() -> None:
    """Put events with their proofs into one file, which anybody verifies without the database.

    `pgwitness evidence --filter … -o case.zip` collects them; `blackout` takes the content of some
    out of such a file. It is verified by `pgwitness verify case.zip --key KEYS`.
    """


@evidence.command(COLLECT)
@click.option("--to", metavar="TIME", help="Before this time; a bare date is that day too.")
@click.option("--from", metavar="TIME", help="Not before this time or day.")
@click.option(
    "--filter",
    "more",
    metavar="JSON",
    callback=read_object,
    help="Filter object, as for search; unset, all of the tenant's events.",
)
@click.option("-o", "--output", required=True, type=FILE, help="The file, a zip.")
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
@click.option(
    "--key",
    "key_file",
    type=FILE,
    help="Private key that signs checkpoint and manifest; unset, PGWITNESS_SIGNING_KEY.",
)
@click.option(
    "--checkpoint",
    "checkpoint_file",
    type=FILE,
    help="Prove against this checkpoint, which was kept outside, instead of a new one.",
)
@click.option(
    "--keys",
    "keys_file",
    type=FILE,
    help="Public keys that verify --checkpoint; unset, that of the private key.",
)
@justification_options
@pass_session
def collect(
    session: Session,
    /,
    more: dict[str, Any] | None,
    output: Path,
    force: bool,
    key_file: Path | None,
    checkpoint_file: Path | None,
    keys_file: Path | None,
    reason: str | None,
    justification: str | None,
    **criteria: Any,
) -> None:
    """Collect events and their proofs; also `pgwitness evidence -o case.zip`.

    Without --checkpoint the head of the log is signed first (audit_auditor). Without a private key
    the file doesn't prove that no event is missing. Each proof is verified before it is written.
    """
    key = signing_key(session, key_file)
    keys = None if keys_file is None else read_keys(session, keys_file)
    sought = build_filter(None, criteria, more)
    given = None
    if checkpoint_file is not None:
        given = _read_checkpoint(session, checkpoint_file, key, keys)
    elif key is None:
        key = required_signing_key(session, key_file)
    created_at = datetime.now(UTC)
    with reader(session, reason, justification) as reading, _writing(session, output, force) as out:
        tenant = reading.read(lambda client: client.current_tenant())
        places = _find(session, reading, sought)
        if given is None:
            assert key is not None
            given = _sign_head(reading.read(lambda client: client.create_checkpoint()), key)
        with CaseWriter(
            given.note, tenant, sought, created_at, key, () if keys is None else keys.keys
        ) as case:
            unproven = _prove(session, reading, case, [event_id for _, event_id in places])
            manifest = case.finish(out, unproven)
    if unproven:
        note(session.text("unproven", count=len(unproven)))
    if manifest.signed_by is None:
        note(session.text("unsigned_manifest"))
    report_result(
        session,
        "case_written",
        count=manifest.events,
        unproven=len(unproven),
        path=str(output),
        origin=manifest.origin,
        log_size=manifest.log_size,
        sha256=out.sha256,
    )


@dataclass(frozen=True, slots=True)
class _Given:
    """A signed checkpoint to prove against."""

    note: bytes


def _read_checkpoint(
    session: Session, path: Path, key: SigningKey | None, keys: KeyRing | None
) -> _Given:
    if keys is None and key is None:
        raise click.UsageError("--checkpoint takes --keys or --key, to verify it.")
    ring = KeyRing([*(keys.keys if keys else ()), *([key.public] if key else [])])
    try:
        return _Given(checkpoints.verify(path.read_bytes(), ring).note)
    except OSError as error:
        raise unreadable(session, path, error) from error


def _sign_head(head: LogHead, key: SigningKey) -> _Given:
    made = Checkpoint(head.origin, head.tree_size, head.root_hash)
    return _Given(made.sign(key).encode())


def _find(session: Session, reading: Reader, sought: dict[str, Any]) -> list[tuple[datetime, UUID]]:
    """Find the events; gives their times and ids, oldest first."""
    places: list[tuple[datetime, UUID]] = []
    after: str | None = None
    with progress() as bar:
        task = bar.add_task(session.text("searching"), total=None)
        while True:
            page: list[FoundEvent] = reading.read(partial(_page, sought, after))
            places += [(event.occurred_at, event.id) for event in page]
            bar.update(task, completed=len(places))
            if len(page) < FOUND_AT_ONCE:
                return sorted(places)
            after = page[-1].cursor


def _page(sought: dict[str, Any], after: str | None, client: Client) -> list[FoundEvent]:
    return client.search_events(sought, FOUND_AT_ONCE, after)


def _prove(
    session: Session, reading: Reader, case: CaseWriter, event_ids: list[UUID]
) -> list[UUID]:
    """Have the events proven, and give those that can't be as yet."""
    unproven: list[UUID] = []
    size = case.checkpoint.size
    with progress() as bar:
        task = bar.add_task(session.text("proving"), total=len(event_ids))
        for start in range(0, len(event_ids), PROVEN_AT_ONCE):
            batch = event_ids[start : start + PROVEN_AT_ONCE]
            rows: list[EventProof] = reading.read(partial(_proofs, batch, size))
            proofs = {row.event_id: row.proof for row in rows}
            for event_id in batch:
                if proofs.get(event_id) is None:
                    unproven.append(event_id)
                    continue
                try:
                    case.add(Proof.parse(proofs[event_id]))
                except ProofInvalid as error:
                    raise CaseInvalid(
                        f"event {event_id} isn't what was sealed: {error.message}",
                        detail=error.detail,
                        hint="pgwitness verify tells what else isn't as it was sealed.",
                    ) from error
            bar.update(task, completed=start + len(batch))
    return unproven


def _proofs(event_ids: list[UUID], size: int, client: Client) -> list[EventProof]:
    return client.prove_events(event_ids, size)


@contextmanager
def _writing(session: Session, path: Path, force: bool) -> Iterator[Sink]:
    """Open the file, and say in a line what went wrong with it."""
    try:
        with exporting.open_sink(path, replace=force) as sink:
            yield sink
    except FileExistsError as error:
        raise click.ClickException(session.text("file_exists", path=path)) from error
    except OSError as error:
        why = exporting.describe_failure(error)
        raise click.ClickException(session.text("file_unwritable", path=path, why=why)) from error


@evidence.command()
@click.argument("case", type=FILE)
@click.option("-o", "--output", required=True, type=FILE, help="The file, a zip.")
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
@click.option(
    "--group",
    "groups",
    multiple=True,
    required=True,
    type=click.Choice(GROUPS),
    help="What is blacked out; can be repeated.",
)
@click.option(
    "--event",
    "event_ids",
    multiple=True,
    type=click.UUID,
    help="Of which event; can be repeated. Unset, of all.",
)
@click.option(
    "--key",
    "keys_file",
    type=FILE,
    help="Public keys that you trust, to verify the case with first; unset, those in the file.",
)
@pass_session
def blackout(
    session: Session,
    case: Path,
    output: Path,
    force: bool,
    groups: tuple[str, ...],
    event_ids: tuple[UUID, ...],
    keys_file: Path | None,
) -> None:
    """Write CASE anew without the content of some groups; what is left stays proven.

    Needs no database. A digest takes the content's place, from which it can't be guessed.
    """
    keys: KeyRing | None = None if keys_file is None else read_keys(session, keys_file)
    if not case.exists():
        raise unreadable(session, case, FileNotFoundError(2, "No such file or directory"))
    with _writing(session, output, force) as out:
        done = writing.black_out(case, out, groups, event_ids or None, keys=keys)
    report_result(
        session, "blacked_out", count=len(done.groups), path=str(output), sha256=out.sha256
    )
