"""Erasing persons, and payloads that should never have been logged; and what a restore undoes."""

from __future__ import annotations

import json
from typing import IO, Any

import click

from pgwitness.cli.parameters import read_object, reason_option
from pgwitness.cli.rendering import listing, note, report_result
from pgwitness.cli.retention import seeing_all
from pgwitness.cli.running import confirm
from pgwitness.cli.search import build_filter
from pgwitness.cli.session import Session, pass_session
from pgwitness.models import Erased


def read_ledger(
    context: click.Context, parameter: click.Parameter, file: IO[str]
) -> list[dict[str, Any]]:
    """Read the lines of a ledger, an object each; blank ones are passed over."""
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


ledger_option = click.option(
    "--ledger",
    "entries",
    required=True,
    type=click.File(encoding="utf-8"),
    callback=read_ledger,
    metavar="FILE",
    help="Lines of a ledger, JSON objects; - is standard input.",
)
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


@erase.command()
@ledger_option
@yes_option
@reason_option(required=True)
@pass_session
def replay(session: Session, entries: list[dict[str, Any]], yes: bool, reason: str) -> None:
    """Erase once more what a ledger tells, after an older backup was restored."""
    confirm(session, "ask_erase_events", yes=yes)
    with session.client() as client:
        report_erased(session, client.replay_erasures(entries=entries, reason=reason))


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


@click.command("restore-check")
@ledger_option
@click.pass_context
def restore_check(context: click.Context, entries: list[dict[str, Any]]) -> None:
    """Tell what the database lacks of a ledger, after a restore (audit_operator, audit_auditor).

    Prints what can be read again although it was erased, holds that are missing and policies that
    have gone, each with what mends it. Exits with 1 when there is any.
    """
    session = context.ensure_object(Session)
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
