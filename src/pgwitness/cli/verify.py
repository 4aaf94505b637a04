"""Verifying: a case offline, the log against a checkpoint, and the events in the database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click
import psycopg
from rich.text import Text

from pgwitness.cli import messages
from pgwitness.cli.key import FILE, read_keys, unreadable
from pgwitness.cli.parameters import read_time
from pgwitness.cli.rendering import console, escape, listing, note, print_json, progress
from pgwitness.cli.retention import seeing_all
from pgwitness.cli.session import Session
from pgwitness.client import Client
from pgwitness.evidence import checkpoints, verifying
from pgwitness.evidence.checkpoints import CheckpointFile
from pgwitness.evidence.notes import KeyRing
from pgwitness.evidence.verifying import Verdict
from pgwitness.models import Finding

Window = tuple[datetime | None, datetime | None]


@click.command()
@click.argument("case", required=False, type=FILE)
@click.option(
    "--checkpoint", "checkpoint_file", type=FILE, help="Checkpoint that was kept outside."
)
@click.option(
    "--key",
    "key_file",
    type=FILE,
    help="Public keys that you trust, one a line; from `pgwitness key show`.",
)
@click.option(
    "--from", "from_time", callback=read_time, metavar="TIME", help="Events from then on."
)
@click.option(
    "--until", "until_time", callback=read_time, metavar="TIME", help="Events before then."
)
@click.pass_context
def verify(
    context: click.Context,
    case: Path | None,
    checkpoint_file: Path | None,
    key_file: Path | None,
    from_time: datetime | None,
    until_time: datetime | None,
) -> None:
    """Verify a case file, a checkpoint, or the events in the database.

    \b
    pgwitness verify case.zip --key KEYS           offline: the file and the keys are enough
    pgwitness verify --checkpoint FILE --key KEYS  whether the log still holds what it says
    pgwitness verify [--from TIME] [--until TIME]  events and seals, window by window

    With the database it is for audit_operator, audit_auditor and, of its own tenants, audit_admin;
    a checkpoint for the first two. Exits with 1 when anything isn't as it was sealed.
    """  # noqa: D301
    session = context.ensure_object(Session)
    has_window = from_time is not None or until_time is not None
    if has_window and (case or checkpoint_file):
        raise click.UsageError("--from and --until are for the events in the database.")
    if key_file and not (case or checkpoint_file):
        raise click.UsageError("--key takes a case file or --checkpoint.")
    if checkpoint_file and not key_file:
        raise click.UsageError("--checkpoint takes --key, else anybody could have made it.")
    keys = None if key_file is None else read_keys(session, key_file)
    if case is not None:
        is_good = _verify_case(session, case, keys, checkpoint_file)
    elif checkpoint_file is not None:
        assert keys is not None
        is_good = _verify_checkpoint(session, read_checkpoint(session, checkpoint_file, keys))
    else:
        is_good = _verify_events(session, from_time, until_time)
    if not is_good:
        context.exit(1)


# A case ------------------------------------------------------------------------------------


def _verify_case(
    session: Session, path: Path, keys: KeyRing | None, checkpoint_file: Path | None
) -> bool:
    try:
        verdict = verifying.verify(path, keys)
    except OSError as error:
        raise unreadable(session, path, error) from error
    problem = None
    if checkpoint_file is not None:
        assert keys is not None
        kept = read_checkpoint(session, checkpoint_file, keys)
        problem = _compare(session, verdict, kept)
    if session.as_json:
        print_json(verdict)
    else:
        _print_verdict(session, path, verdict)
    if problem is not None:
        console(stderr=True).print(escape(problem), style="bold red", soft_wrap=True)
    return not verdict.findings and problem is None


def _compare(session: Session, verdict: Verdict, kept: CheckpointFile) -> str | None:
    """Say what is wrong between a case's checkpoint and one that was kept; None when nothing is."""
    mine = (verdict.origin, verdict.log_size)
    own = (kept.checkpoint.origin, kept.checkpoint.size)
    if mine != own:
        note(session.text("checkpoints_differ", count=kept.checkpoint.size))
        return None
    if verdict.log_root != kept.checkpoint.root.hex():
        return session.text("checkpoints_contradict", count=kept.checkpoint.size)
    return None


def _print_verdict(session: Session, path: Path, verdict: Verdict) -> None:
    screen = console()
    for finding in verdict.findings:
        screen.print(Text(f"✗ {escape(str(finding))}", style="bold red"), soft_wrap=True)
    for warning in verdict.warnings:
        screen.print(Text(f"! {escape(warning)}", style="yellow"), soft_wrap=True)
    if verdict.findings:
        screen.print(escape(session.text("case_bad", path=path)), soft_wrap=True)
        return
    said = [
        session.text("case_good", path=path, count=verdict.events, tenant=verdict.tenant_id),
        session.text("case_checkpoint", origin=verdict.origin, count=verdict.log_size or 0),
        *(session.text("case_signer", name=signer) for signer in verdict.signers),
    ]
    hidden = sum(verdict.hidden.values())
    if hidden:
        said.append(session.text("case_hidden", count=hidden))
    if verdict.is_complete:
        said.append(session.text("case_complete"))
    for line in said:
        screen.print(Text(f"✓ {escape(line)}", style="green"), soft_wrap=True)


# A checkpoint ------------------------------------------------------------------------------


def read_checkpoint(session: Session, path: Path, keys: KeyRing) -> CheckpointFile:
    """Read a checkpoint that was kept outside, and verify its signatures.

    Raises:
        NoteInvalid: Nobody trusted signed it, or it is none.
        click.ClickException: The file can't be read.
    """
    try:
        return checkpoints.verify(path.read_bytes(), keys)
    except OSError as error:
        raise unreadable(session, path, error) from error


def _verify_checkpoint(session: Session, kept: CheckpointFile) -> bool:
    known = kept.checkpoint
    with seeing_all(session).client() as client:
        findings = client.verify_checkpoint(known.origin, known.size, known.root)
    print_findings(session, findings)
    if not findings and not session.as_json:
        console().print(
            Text(
                escape(session.text("checkpoint_good", origin=known.origin, count=known.size)),
                style="green",
            ),
            soft_wrap=True,
        )
    return not findings


# The events --------------------------------------------------------------------------------


def _verify_events(session: Session, since: datetime | None, until: datetime | None) -> bool:
    found: dict[Finding, None] = {}
    with seeing_all(session).client() as client, progress() as bar:
        windows = list(_windows(client, since, until))
        task = bar.add_task(session.text("verifying"), total=len(windows))
        for number, (begins, ends) in enumerate(windows, 1):
            # What concerns all of the log is found in each window.
            found |= dict.fromkeys(client.verify_events(begins, ends, session.tenant_id))
            bar.update(task, completed=number)
    print_findings(session, list(found))
    if not found and not session.as_json:
        console().print(session.text("events_good"), style="green")
    return not found


def _windows(client: Client, since: datetime | None, until: datetime | None) -> Iterator[Window]:
    """Divide a time where its partitions end; what nobody may list is one window."""
    try:
        partitions = client.list_partitions()
    except psycopg.errors.InsufficientPrivilege:
        partitions = []
    now = datetime.now(UTC)
    ends = [p.until_time for p in partitions if p.until_time <= now]
    ends = [end for end in ends if (not since or end > since) and (not until or end < until)]
    yield from zip([since, *ends], [*ends, until], strict=True)


def _titled(session: Session, kind: str) -> str:
    key = f"finding_{kind}"
    return session.text(key) if messages.knows(key) else escape(kind)


def print_findings(session: Session, findings: Sequence[Finding]) -> None:
    """Print what is wrong: a table for people, JSON Lines for programs, or nothing."""
    if not findings:
        return
    listing(
        session,
        findings,
        {
            "finding": lambda row: (
                Text(
                    _titled(session, row.kind),
                    style="yellow" if row.kind == "restored" else "bold red",
                ),
                row.detail,
            ),
            "where": lambda row: (
                None if row.seal_number is None else session.text("seal", number=row.seal_number),
                row.event_id,
                row.tenant_id,
            ),
            "when": lambda row: row.occurred_at,
        },
    )
