"""Erasing persons, and payloads that should never have been logged; and what a restore undoes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, TypeVar

import click

from pgwitness.cli.key import FILE, read_keys
from pgwitness.cli.parameters import read_object, reason_option
from pgwitness.cli.rendering import listing, note, report_result
from pgwitness.cli.retention import seeing_all
from pgwitness.cli.running import confirm
from pgwitness.cli.search import build_filter
from pgwitness.cli.session import Session, pass_session
from pgwitness.cli.verify import read_checkpoint
from pgwitness.models import Erased

Command = TypeVar("Command", bound=Callable[..., object])


def read_ledger(
    context: click.Context, parameter: click.Parameter, file: IO[str] | None
) -> list[dict[str, Any]] | None:
    """Read the lines of a ledger, an object each; blank ones are passed over."""
    if file is None:
        return None
    with file:
        lines = file.readlines()
    entries = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise click.BadParameter(f"line {number}: {error}", context, parameter) from error
        if not isinstance(entry, dict):
            raise click.BadParameter(f"line {number} is no object", context, parameter)
        entries.append(entry)
    return entries


def ledger_options(command: Command) -> Command:
    """Add the options that say where the ledger comes from."""
    for option in (
        click.option(
            "--ledger",
            "entries",
            type=click.File(encoding="utf-8"),
            callback=read_ledger,
            metavar="FILE",
            help="Lines of a ledger, JSON objects; - is standard input.",
        ),
        click.option(
            "--key", "key_file", type=FILE, help="Public keys that verify --checkpoint, one a line."
        ),
        click.option(
            "--checkpoint",
            "checkpoint_file",
            type=FILE,
            help="Checkpoint that was kept outside, with its ledger behind.",
        ),
    ):
        command = option(command)
    return command


def given_ledger(
    session: Session,
    entries: list[dict[str, Any]] | None,
    checkpoint_file: Path | None,
    key_file: Path | None,
) -> list[dict[str, Any]]:
    """Give the ledger of a checkpoint whose signatures hold, or the lines that were given.

    Raises:
        NoteInvalid: Nobody trusted signed the checkpoint or its ledger.
        click.ClickException: A file can't be read, or has no ledger.
        click.UsageError: Neither was given, or both.
    """
    if (entries is None) == (checkpoint_file is None):
        raise click.UsageError("Give --checkpoint with --key, or --ledger.")
    if entries is not None:
        return entries
    if checkpoint_file is None or key_file is None:
        raise click.UsageError("--checkpoint takes --key, else anybody could have made it.")
    kept = read_checkpoint(session, checkpoint_file, read_keys(session, key_file))
    if kept.ledger is None:
        raise click.ClickException(session.text("no_ledger", path=checkpoint_file))
    return list(kept.ledger)


yes_option = click.option("--yes", is_flag=True, help="Don't ask.")


@click.group()
def erase() -> None:
    """Erase persons, or what should never have been logged (audit_privacy)."""


@erase.command()
@click.argument("identifiers", nargs=-1, metavar="IDENTIFIER…")
@click.option(
    "--file",
    type=click.File(encoding="utf-8"),
    metavar="FILE",
    help="Identifiers, one a line, which a shell's history needn't know; - is standard input.",
)
@yes_option
@reason_option(required=True)
@pass_session
def subject(
    session: Session, identifiers: tuple[str, ...], file: IO[str] | None, yes: bool, reason: str
) -> None:
    """Erase a person from all events of the tenant, and from exports, sessions and holds.

    An IDENTIFIER is a user id, an address, a name: whatever names the person. Look first with
    pgwitness report. What a hold keeps goes when it is released.
    """
    names = [*identifiers, *(line.strip() for line in file or () if line.strip())]
    if not names:
        raise click.UsageError("Say whom: give an IDENTIFIER, or --file.")
    confirm(session, "ask_erase_subject", yes=yes, count=len(names))
    with session.client() as client:
        report_erased(session, client.erase_subject(identifiers=names, reason=reason))
    _tell_archives(session)


@erase.command()
@click.option("--id", multiple=True, metavar="UUID", help="The event; can be repeated.")
@click.option("--search", metavar="TEXT", help="Text in description, snapshots or metadata.")
@click.option("--action", multiple=True, metavar="CODE", help="What was done; can be repeated.")
@click.option("--entity-type", multiple=True, metavar="CODE", help="Kind of thing; repeatable.")
@click.option("--entity-id", multiple=True, metavar="ID", help="Which thing; repeatable.")
@click.option("--actor-id", multiple=True, metavar="ID", help="Who did it; repeatable.")
@click.option("--from", metavar="TIME", help="Not before this time or day.")
@click.option("--to", metavar="TIME", help="Before this time; a bare date is that whole day.")
@click.option(
    "--filter",
    "more",
    metavar="JSON",
    callback=read_object,
    help="Filter object; options win over it.",
)
@yes_option
@reason_option(required=True)
@pass_session
def events(
    session: Session,
    /,
    search: str | None,
    more: dict[str, Any] | None,
    yes: bool,
    reason: str,
    **criteria: Any,
) -> None:
    """Erase the payloads of the events that match, such as one with a password in it.

    Actor, entity, action and time stay.
    """
    sought = build_filter(search, criteria, more)
    confirm(session, "ask_erase_events", yes=yes)
    with session.client() as client:
        report_erased(session, client.erase_events(filter=sought, reason=reason))
    _tell_archives(session)


@erase.command()
@ledger_options
@yes_option
@reason_option(required=True)
@pass_session
def replay(
    session: Session,
    entries: list[dict[str, Any]] | None,
    checkpoint_file: Path | None,
    key_file: Path | None,
    yes: bool,
    reason: str,
) -> None:
    """Erase once more what a ledger tells, after an older backup was restored."""
    entries = given_ledger(session, entries, checkpoint_file, key_file)
    confirm(session, "ask_erase_events", yes=yes)
    with session.client() as client:
        report_erased(session, client.replay_erasures(entries=entries, reason=reason))
    _tell_archives(session)


@erase.command("list")
@pass_session
def list_(session: Session) -> None:
    """List erasures; of every tenant for operators and auditors."""
    with seeing_all(session).client() as client:
        rows = client.list_erasures(tenant_id=session.tenant_id)
    listing(
        session,
        rows,
        {
            "when": lambda row: (row.requested_at, row.requested_by),
            "tenant": lambda row: row.tenant_id,
            "reason": lambda row: (session.text(f"erasure_{row.kind}"), row.reason),
            "erased": lambda row: row.erased,
            "held": lambda row: row.held,
            "exports": lambda row: row.exports,
        },
    )


def report_erased(session: Session, erased: Erased) -> None:
    """Say what an erasure did, and what is left to do."""
    report_result(
        session,
        "erased_events",
        erasure_id=erased.erasure_id,
        erased=erased.erased,
        held=erased.held,
        exports=erased.exports,
    )
    if erased.erased and not session.as_json:
        note(session.text("erased_needs_vacuum"))


def _tell_archives(session: Session) -> None:
    """Say how many archived files still tell of what was erased: no erasure reaches them."""
    if session.as_json:
        return
    with session.client() as client:
        count = sum(bool(row.erased) for row in client.list_archives(tenant_id=session.tenant_id))
    if count:
        note(session.text("erased_archives", count=count))


@click.command("restore-check")
@ledger_options
@click.pass_context
def restore_check(
    context: click.Context,
    entries: list[dict[str, Any]] | None,
    checkpoint_file: Path | None,
    key_file: Path | None,
) -> None:
    """Tell what the database lacks of a ledger, after a restore (audit_operator, audit_auditor).

    Prints what can be read again although it was erased, holds that are missing and policies that
    have gone, each with what mends it. Exits with 1 when there is any.
    """
    session = context.ensure_object(Session)
    entries = given_ledger(session, entries, checkpoint_file, key_file)
    with session.client() as client:
        rows = client.check_ledger(entries=entries)
    if not rows and not session.as_json:
        report_result(session, "ledger_reflected", entries=len(entries))
        return
    listing(
        session,
        rows,
        {
            "problem": lambda row: (session.text(f"ledger_{row.kind}"), row.problem),
            "tenant": lambda row: row.tenant_id,
            "id": lambda row: row.id,
            "remedy": lambda row: row.remedy,
        },
    )
    if rows:
        context.exit(1)
