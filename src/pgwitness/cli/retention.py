"""How long events are kept, and the purge that removes those that are older."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import click
from rich.text import Text

from pgwitness.cli.parameters import read_days, reason_option
from pgwitness.cli.rendering import listing, print_json, report_change, report_result
from pgwitness.cli.running import Count, confirm, report_runs, run
from pgwitness.cli.session import Session, pass_session
from pgwitness.client import Client
from pgwitness.models import Purge, PurgePreview, Retention

RECEIPTS = 10_000
"""How many receipts of a run are looked at, one for each tenant."""

NAMED = 10
"""Tenants that are named before a purge; the rest are summed up."""


@click.group()
def retention() -> None:
    """How long events are kept, and the purge of those that are older.

    Without --tenant, operators and auditors see every tenant.
    """


@retention.command()
@pass_session
def show(session: Session) -> None:
    """Show how long events are kept, and what is about to change."""
    with seeing_all(session).client() as client:
        rows = client.list_retention(tenant_id=session.tenant_id)
    listing(
        session,
        rows,
        {
            "tenant": lambda row: row.name,
            "kept": lambda row: (
                kept(session, row.days),
                session.text("exactly") if row.is_exact else None,
                session.text("before", moment=at(row.cutoff)) if row.cutoff else None,
            ),
            "hot": lambda row: _hot(session, row),
            "set": lambda row: (row.set_at, row.set_by, row.reason),
            "next": lambda row: _next(session, row),
            "floors": lambda row: tuple(
                f"{category}: {kept(session, days)}"
                for category, days in sorted((row.floors or {}).items())
            ),
            "next_purge": lambda row: row.next_purge_at,
        },
    )


def _hot(session: Session, row: Retention) -> object:
    """Say how long archived events stay, and what of that is about to change."""
    now = next_ = None
    if row.hot_days is not None:
        now = session.text("hot_for", days=row.hot_days, name=row.hot_sink)
    if row.next_hot_takes_effect_at is not None:
        next_ = session.text("hot_for", days=row.next_hot_days, name=row.next_hot_sink)
        next_ += " " + session.text("from_then", moment=at(row.next_hot_takes_effect_at))
    return now, next_


def _next(session: Session, row: Retention) -> object:
    if row.next_takes_effect_at is None:
        return None
    return (
        kept(session, row.next_days),
        session.text("from_then", moment=at(row.next_takes_effect_at)),
        row.next_set_by,
        row.next_reason,
    )


@retention.command("set")
@click.argument("days", callback=read_days)
@click.option(
    "--exact/--with-partition",
    "is_exact",
    default=None,
    help="Remove events the night after they expire, or with their partition. Unset: as before.",
)
@click.option("--yes", is_flag=True, help="Don't ask.")
@reason_option(required=True)
@pass_session
def set_(session: Session, days: int | None, is_exact: bool | None, yes: bool, reason: str) -> None:
    """Keep the tenant's events for DAYS, or "forever" (audit_admin).

    Keeping them longer counts at once. Keeping them shorter waits, for 7 days unless the option
    retention_delay_days says otherwise, and can be cancelled meanwhile.
    """
    with session.client() as client:
        if days is not None and not yes:
            for row in client.list_retention(tenant_id=session.tenant_id):
                if row.days is None or days < row.days:
                    confirm(
                        session, "ask_shorten", yes=yes, days=days, name=row.name,
                        cutoff=at(datetime.now(UTC) - timedelta(days=days)),
                        before=at(row.cutoff) if row.cutoff else session.text("no_time"),
                    )  # fmt: skip
        report_effect(session, client.set_retention(days=days, reason=reason, is_exact=is_exact))


def report_effect(session: Session, moment: datetime | None) -> None:
    """Say from when on a change counts, if it was one."""
    if session.as_json:
        print_json({"takes_effect_at": moment})
    elif moment is None:
        report_change(session, changed=False)
    else:
        report_result(session, "takes_effect", moment=at(moment))


@retention.command()
@reason_option(required=True)
@pass_session
def cancel(session: Session, reason: str) -> None:
    """Take back the change that waits to take effect (audit_admin)."""
    with session.client() as client:
        report_change(session, client.cancel_retention_change(reason=reason))


@retention.command()
@click.argument("category")
@click.argument("days", callback=read_days)
@reason_option(required=True)
@pass_session
def floor(session: Session, category: str, days: int | None, reason: str) -> None:
    """Keep a CATEGORY's events at least DAYS, whatever tenants say (audit_operator).

    "none" leaves it to the tenants. Lowering waits, as with "set".
    """
    with seeing_all(session).client() as client:
        report_effect(
            session, client.set_retention_floor(category=category, days=days, reason=reason)
        )


@retention.command()
@pass_session
def preview(session: Session) -> None:
    """Tell what a purge would remove now, and what it would keep and why."""
    with seeing_all(session).client() as client:
        rows = client.preview_purge(tenant_id=session.tenant_id)
    listing(
        session,
        rows,
        {
            "tenant": lambda row: row.name,
            "kept": lambda row: (
                kept(session, row.days),
                session.text("before", moment=at(row.cutoff)) if row.cutoff else None,
            ),
            "due": lambda row: row.due,
            "oldest": lambda row: at(row.oldest_at) if row.oldest_at else None,
            "spared": lambda row: tuple(
                session.text(key, count=count)
                for key, count in (
                    ("by_floor", row.kept_by_floor),
                    ("by_hold", row.kept_by_hold),
                    ("by_sink", row.kept_by_sink),
                    ("by_partition", row.waiting_for_partition),
                )
                if count
            ),
        },
    )


@retention.command("run")
@click.option("--yes", is_flag=True, help="Don't ask.")
@click.pass_context
def run_(context: click.Context, yes: bool) -> None:
    """Remove what has expired, of every tenant, and print the receipts (audit_operator).

    It asks first, naming the cut-off and how many events would go. Exits with 1 when something
    that should have gone stayed, or a purge is under way already.
    """
    session = seeing_all(context.ensure_object(Session))
    if not yes:
        with session.client() as client:
            due = [row for row in client.preview_purge() if row.due]
        if due:
            confirm(session, "ask_purge", yes=yes, **_told(session, due))
    (done, *_) = run(session, Client.purge_events, _count, ["purge_events"]) or (None,)
    if done is None:
        report_runs(session, ())
        context.exit(1)
    with session.client() as client:
        rows = [
            row
            for row in client.list_purges(up_to=RECEIPTS)
            if done.last_started_at and row.started_at >= done.last_started_at
        ]
    print_receipts(session, rows)
    has_failed = done.result != "succeeded" or any(row.error for row in rows)
    if not session.as_json:
        report_runs(session, [done])
    context.exit(1 if has_failed else 0)


def _told(session: Session, due: list[PurgePreview]) -> dict[str, object]:
    lines = [
        session.text("purge_line", name=row.name, count=row.due, cutoff=at(row.cutoff))
        for row in due[:NAMED]
        if row.cutoff
    ]
    if len(due) > NAMED:
        lines.append(session.text("more_columns", count=len(due) - NAMED))
    return {"count": sum(row.due for row in due), "lines": "; ".join(lines)}


def _count(client: Client) -> Count:
    running = [row for row in client.list_purges(up_to=RECEIPTS) if row.result == "running"]
    return sum(row.removed for row in running), sum(row.predicted for row in running)


@retention.command()
@click.option("--limit", default=100, show_default=True, metavar="ROWS", help="How many.")
@pass_session
def receipts(session: Session, limit: int) -> None:
    """List what purges have removed, newest first."""
    with seeing_all(session).client() as client:
        rows = client.list_purges(up_to=limit, tenant_id=session.tenant_id)
    print_receipts(session, rows)


def print_receipts(session: Session, rows: list[Purge]) -> None:
    """Print receipts of purges."""
    listing(
        session,
        rows,
        {
            "when": lambda row: (row.started_at, row.run_by),
            "tenant": lambda row: row.name or row.tenant_id,
            "kept": lambda row: (
                kept(session, row.days),
                session.text("before", moment=at(row.cutoff)) if row.cutoff else None,
            ),
            "removed": lambda row: (
                f"{row.removed:,}",
                session.text("of_predicted", count=row.predicted),
            ),
            "spared": lambda row: tuple(
                session.text(key, count=count)
                for key, count in (
                    ("by_floor", row.kept_by_floor),
                    ("by_hold", row.kept_by_hold),
                    ("by_sink", row.kept_by_sink),
                )
                if count
            ),
            "status": lambda row: (
                run_state(session, row.result),
                session.text("last_receipt") if row.is_last else None,
                row.error,
            ),
        },
    )


def seeing_all(session: Session) -> Session:
    """Give the session for lists that take their tenant as an argument, not from the context."""
    return replace(session, tenant_id=None)


def kept(session: Session, days: int | None) -> str:
    """Say how long that is."""
    return session.text("forever") if days is None else session.text("days", days=days)


def at(moment: datetime) -> str:
    """Write a moment that decides what goes: to the minute, in UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def run_state(session: Session, result: str) -> Text:
    """Draw how a run ended."""
    styles = {"succeeded": "green", "running": "cyan"}
    return Text(session.text(f"run_{result}"), style=styles.get(result, "red"))
