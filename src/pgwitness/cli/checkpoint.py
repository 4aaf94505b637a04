"""Checkpoints: the head of the log, signed with a key that the database doesn't have."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import click

from pgwitness import exporting
from pgwitness.cli.key import FILE, required_signing_key, unreadable
from pgwitness.cli.rendering import console, escape, note, print_json
from pgwitness.cli.session import Session
from pgwitness.cli.verify import print_findings
from pgwitness.client import Client
from pgwitness.evidence import checkpoints, merkle
from pgwitness.evidence.checkpoints import Checkpoint
from pgwitness.evidence.merkle import ProofInvalid
from pgwitness.evidence.notes import Note, NoteInvalid, SigningKey
from pgwitness.models import Finding, LogHead

STANDARD_OUTPUT = Path("-")

Ledger = list[dict[str, Any]]


@click.command()
@click.option(
    "--key",
    "key_file",
    type=FILE,
    help="The private key; unset, PGWITNESS_SIGNING_KEY holds its text.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    help="The file, replaced at once and whole; - or unset is standard output.",
)
@click.option(
    "--command",
    "shell_command",
    metavar="COMMAND",
    help="Shell command that reads the checkpoint from its standard input, to keep it elsewhere.",
)
@click.option("--note-only", is_flag=True, help="Leave the ledger of erasures and holds off.")
@click.pass_context
def checkpoint(
    context: click.Context,
    key_file: Path | None,
    output: Path | None,
    shell_command: str | None,
    note_only: bool,
) -> None:
    """Sign the head of the log, to be kept outside the database (audit_operator, audit_auditor).

    Whoever holds it can prove later that nothing sealed before was changed or cut off. A file that
    is replaced is compared with the log first: when that doesn't hold what the old checkpoint says,
    nothing is signed, the file stays, and the exit code is 1.
    """
    session = context.ensure_object(Session)
    key = required_signing_key(session, key_file)
    if output is None and shell_command is None:
        output = STANDARD_OUTPUT
    before = None if output in (None, STANDARD_OUTPUT) else _read_before(session, output)
    with session.client() as client:
        findings = [] if before is None else _compare(client, before)
        if any(finding.kind != "restored" for finding in findings):
            print_findings(session, findings)
            note(session.text("checkpoint_refused", path=output))
            context.exit(1)
        head = client.create_checkpoint()
        if before is not None and not findings:
            _prove_growth(client, before, head)
        ledger = None if note_only else client.list_ledger()
    content = _sign(head, ledger, key)
    if output == STANDARD_OUTPUT:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    elif output is not None:
        _write(session, output, content)
    if shell_command is not None:
        _hand_on(session, shell_command, content)
    _report(session, head, key, ledger, output, shell_command)


def _read_before(session: Session, path: Path) -> Checkpoint | None:
    """Read the checkpoint that a file holds so far; an older key may have signed it."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise unreadable(session, path, error) from error
    try:
        return Checkpoint.parse(Note.parse(checkpoints.split(content)[0]).text)
    except NoteInvalid as error:
        raise click.ClickException(session.text("no_checkpoint", path=path)) from error


def _compare(client: Client, before: Checkpoint) -> list[Finding]:
    return client.verify_checkpoint(before.origin, before.size, before.root)


def _prove_growth(client: Client, before: Checkpoint, head: LogHead) -> None:
    """Prove the same with hashes, not on the database's word.

    Raises:
        ProofInvalid: The log didn't grow from what the old checkpoint says.
    """
    if before.size > head.tree_size:
        raise ProofInvalid(f"the log has fewer seals than the {before.size} of the old checkpoint")
    proof = client.prove_consistency(before.size, head.tree_size)
    merkle.verify_consistency(
        before.size,
        head.tree_size,
        before.root,
        head.root_hash,
        [bytes.fromhex(item) for item in proof],
    )


def _sign(head: LogHead, ledger: Ledger | None, key: SigningKey) -> bytes:
    made = Checkpoint(head.origin, head.tree_size, head.root_hash)
    return checkpoints.join(
        made.sign(key), None if ledger is None else made.sign_ledger(ledger, key)
    )


def _write(session: Session, path: Path, content: bytes) -> None:
    try:
        with exporting.open_sink(path) as sink:
            sink.write(content)
    except OSError as error:
        why = exporting.describe_failure(error)
        raise click.ClickException(session.text("file_unwritable", path=path, why=why)) from error


def _hand_on(session: Session, shell_command: str, content: bytes) -> None:
    done = subprocess.run(shell_command, shell=True, input=content, check=False)
    if done.returncode:
        raise click.ClickException(
            session.text("command_failed", command=shell_command, code=done.returncode)
        )


def _report(
    session: Session,
    head: LogHead,
    key: SigningKey,
    ledger: Ledger | None,
    output: Path | None,
    shell_command: str | None,
) -> None:
    if output == STANDARD_OUTPUT:
        say = note
    elif session.as_json:
        print_json(
            {
                "origin": head.origin,
                "tree_size": head.tree_size,
                "root_hash": head.root_hash.hex(),
                "sealed_until": head.sealed_until,
                "key_id": key.named(head.origin).public.id.hex(),
                "ledger_entries": None if ledger is None else len(ledger),
                "output": output,
                "command": shell_command,
            }
        )
        return
    else:

        def say(text: str) -> None:
            console().print(escape(text), soft_wrap=True)

    say(session.text("checkpoint_made", count=head.tree_size, origin=head.origin))
    if ledger is not None:
        say(session.text("ledger_made", count=len(ledger)))
    if output is not None and output != STANDARD_OUTPUT:
        say(session.text("checkpoint_kept", path=output))
    if shell_command is not None:
        say(session.text("checkpoint_handed_on", command=shell_command))
