"""Sinks: where events are shipped to, who approved that, and what receivers refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import click
from rich.text import Text

from pgwitness.cli.parameters import ON_OFF, read_object, reason_option
from pgwitness.cli.rendering import console, escape, listing, report_change, report_result, to_json
from pgwitness.cli.retention import seeing_all
from pgwitness.cli.running import confirm
from pgwitness.cli.session import NOTHING_FOUND, Session, pass_session
from pgwitness.models import Sink


@click.group()
def sink() -> None:
    """Sinks: where sealed events are shipped to; "pgwitness ship" ships them."""


def read_options(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> dict[str, str]:
    """Read any number of `NAME=VALUE`."""
    pairs = [value.partition("=") for value in values]
    if not all(name and equals for name, equals, _ in pairs):
        raise click.BadParameter("not of the form NAME=VALUE", context, parameter)
    return {name: value for name, _, value in pairs}


def event_ids_argument(command: Any) -> Any:
    """Add any number of events."""
    return click.argument("event_ids", nargs=-1, type=click.UUID, metavar="[EVENT_ID]...")(command)


@sink.command()
@click.argument("name")
@click.argument("kind")
@click.option("--role", required=True, help="The one role that may ship it, by exact name.")
@click.option(
    "--option",
    "options",
    multiple=True,
    callback=read_options,
    metavar="NAME=VALUE",
    help='As "pgwitness sink options" lists them; can be repeated. Never a secret.',
)
@click.option(
    "--filter",
    "filter_",
    metavar="JSON",
    callback=read_object,
    help="Filter object, as for search; unset, all events.",
)
@click.option(
    "--for",
    "tenant_ids",
    multiple=True,
    type=click.UUID,
    metavar="TENANT",
    help="Whose events; can be repeated. Unset, every tenant's.",
)
@pass_session
def define(
    session: Session,
    name: str,
    kind: str,
    role: str,
    options: dict[str, str],
    filter_: dict[str, Any] | None,
    tenant_ids: tuple[UUID, ...],
) -> None:
    """Define sink NAME of a KIND, or define it anew (audit_operator).

    Whole events of a tenant are shipped once its administrator has approved it; --option
    content=envelope ships what nobody has to approve.
    """
    with seeing_all(session).client() as client:
        changed = client.define_sink(
            name=name,
            kind=kind,
            role=role,
            options=options,
            filter=filter_,
            tenant_ids=tenant_ids or None,
        )
    report_change(session, changed)


@sink.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Don't ask.")
@reason_option(required=True)
@pass_session
def drop(session: Session, name: str, yes: bool, reason: str) -> None:
    """Forget sink NAME and how far it has come (audit_operator)."""
    confirm(session, "confirm_drop_sink", yes=yes, name=name)
    with seeing_all(session).client() as client:
        report_change(session, client.drop_sink(name=name, reason=reason))


@sink.command()
@pass_session
def options(session: Session) -> None:
    """List the options that sinks have (audit_operator, audit_shipper)."""
    with seeing_all(session).client() as client:
        rows = client.list_sink_options()
    listing(
        session,
        rows,
        {
            "option": lambda row: (row.name, session.text("required") if row.is_required else None),
            "sink_kind": lambda row: ", ".join(row.kinds),
            "description": lambda row: row.description,
        },
    )


@sink.command("list")
@pass_session
def list_(session: Session) -> None:
    """List sinks, how far behind each is, and what went wrong.

    All of them for operators and auditors, one's own for a shipper, and for administrators those
    that are for their tenant.
    """
    with seeing_all(session).client() as client:
        rows = client.list_sinks(tenant_id=session.tenant_id)
    listing(
        session,
        rows,
        {
            "name": lambda row: (row.name, f"{row.kind}, {row.format}", row.role),
            "approved": lambda row: _approval(session, row),
            "behind": lambda row: (f"{row.events_behind:,}", row.behind_since),
            "acknowledged": lambda row: row.acknowledged_at,
            "refused": lambda row: row.dead_letters,
            "problem": lambda row: (row.error, row.error_at),
        },
    )


def _approval(session: Session, row: Sink) -> Text | str:
    if not row.carries_payloads:
        return session.text("envelopes")
    if row.is_approved is None:
        return session.text("approved_by", count=row.approved_tenants or 0)
    return Text(
        session.text("approved_yes" if row.is_approved else "approved_no"),
        style="green" if row.is_approved else "yellow",
    )


@sink.command()
@click.argument("name")
@click.option(
    "--digest", help="Of the definition that you have seen; shown and asked for, unless told."
)
@reason_option(required=True)
@click.pass_context
def approve(context: click.Context, /, name: str, digest: str | None, reason: str) -> None:
    """Let sink NAME carry whole events of the tenant (audit_admin).

    Shows what it is, and asks. What is approved is that definition alone: where it changes, the
    approval lapses. --digest, as "pgwitness sink list --json" gives it, approves without asking.
    """
    session = context.ensure_object(Session)
    with session.client() as client:
        if digest is None:
            tenant_id = session.tenant_id or client.current_tenant()
            found = [row for row in client.list_sinks(tenant_id=tenant_id) if row.name == name]
            if not found:
                raise _Unknown(session.text("no_sink", name=escape(name)))
            _show(session, found[0])
            confirm(session, "confirm_approval", yes=False, name=name)
            digest = found[0].digest
        changed = client.approve_sink(name=name, digest=digest, reason=reason)
    report_change(session, changed)


class _Unknown(click.ClickException):
    exit_code = NOTHING_FOUND


def _show(session: Session, row: Sink) -> None:
    screen = console(stderr=True)
    everybody = session.text("all_tenants")
    for head, value in (
        ("name", row.name),
        ("sink_kind", f"{row.kind}, {row.format}"),
        ("sink_options", to_json(row.options)),
        ("sink_filter", to_json(row.filter)),
        ("tenant", everybody if row.tenant_ids is None else ", ".join(map(str, row.tenant_ids))),
        ("role", row.role),
        ("digest", row.digest),
    ):
        screen.print(
            Text.assemble((f"{session.text(head)}: ", "dim"), escape(value)), soft_wrap=True
        )


@sink.command()
@click.argument("name")
@reason_option(required=True)
@pass_session
def withdraw(session: Session, name: str, reason: str) -> None:
    """No longer let sink NAME carry events of the tenant (audit_admin)."""
    with session.client() as client:
        report_change(session, client.withdraw_sink_approval(name=name, reason=reason))


@sink.command()
@click.argument("name")
@click.argument("state", type=ON_OFF)
@reason_option(required=True)
@pass_session
def wait(session: Session, name: str, state: str, reason: str) -> None:
    """Have purges leave what sink NAME hasn't delivered, or not (audit_operator)."""
    with seeing_all(session).client() as client:
        changed = client.set_purge_waits(name=name, waits=state == "on", reason=reason)
    report_change(session, changed)


@sink.command("dead-letters")
@click.argument("name")
@pass_session
def dead_letters(session: Session, name: str) -> None:
    """List events that the receiver of sink NAME refused (operator, auditor, its shipper)."""
    with seeing_all(session).client() as client:
        rows = client.list_dead_letters(name)
    listing(
        session,
        rows,
        {
            "id": lambda row: row.event_id,
            "tenant": lambda row: row.tenant_id,
            "refused": lambda row: (row.refusals, row.last_refused_at),
            "error": lambda row: (
                row.error,
                session.text("retrying") if row.is_retrying else None,
            ),
        },
    )


@sink.command()
@click.argument("name")
@event_ids_argument
@pass_session
def retry(session: Session, name: str, event_ids: Sequence[UUID]) -> None:
    """Ship refused events of sink NAME once more: those named, or all (audit_operator)."""
    with seeing_all(session).client() as client:
        count = client.retry_dead_letters(name, event_ids or None)
    report_result(session, "letters_retried", count=count)


@sink.command()
@click.argument("name")
@event_ids_argument
@click.option("--yes", is_flag=True, help="Don't ask.")
@reason_option(required=True)
@pass_session
def discard(session: Session, name: str, event_ids: Sequence[UUID], yes: bool, reason: str) -> None:
    """Give refused events of sink NAME up: those named, or all (audit_operator).

    The receiver never gets them, and purges no longer wait for them.
    """
    confirm(session, "confirm_discard", yes=yes, name=name)
    with seeing_all(session).client() as client:
        count = client.discard_dead_letters(name, reason, event_ids or None)
    report_result(session, "letters_discarded", count=count)
