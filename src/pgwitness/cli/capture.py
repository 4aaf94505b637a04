"""Watched tables, and the changes of theirs that couldn't be logged."""

from __future__ import annotations

import click
from rich.text import Text

from pgwitness.cli.doctor import STYLES, print_checks
from pgwitness.cli.parameters import reason_option
from pgwitness.cli.rendering import listing, report_change, report_result
from pgwitness.cli.session import Session, pass_session
from pgwitness.models import HealthCheck, WatchedTable


@click.group()
def capture() -> None:
    """Tables whose changes are logged, whoever makes them (audit_operator)."""


@capture.command()
@click.argument("relation", metavar="TABLE")
@click.argument("entity_type")
@click.option("--tenant-column", metavar="COLUMN", help="Says whose a row is. Unset: the context.")
@click.option("--label-column", metavar="COLUMN", help="What people know a row by.")
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="COLUMN",
    help="Record the values of this one only; can be repeated. Unset: of all.",
)
@click.option(
    "--redact",
    "redact_columns",
    multiple=True,
    metavar="COLUMN",
    help="Record that it changed, but no value; can be repeated.",
)
@click.option(
    "--ignore",
    "ignore_columns",
    multiple=True,
    metavar="COLUMN",
    help="Don't look at it; can be repeated.",
)
@click.option(
    "--category", metavar="CODE", help="What its actions are switched with. Unset: data_changes."
)
@click.option(
    "--level",
    default="statement",
    show_default=True,
    metavar="LEVEL",
    help="statement or row: how often its trigger runs.",
)
@click.option(
    "--on-error",
    default="refuse",
    show_default=True,
    metavar="ACT",
    help="refuse or spool: what becomes of a change that can't be logged.",
)
@click.option(
    "--drop-deleted-values",
    is_flag=True,
    help="Record of a deleted row its key and label only.",
)
@reason_option(required=False)
@pass_session
def watch(
    session: Session,
    /,
    relation: str,
    entity_type: str,
    tenant_column: str | None,
    label_column: str | None,
    columns: tuple[str, ...],
    redact_columns: tuple[str, ...],
    ignore_columns: tuple[str, ...],
    category: str | None,
    level: str,
    on_error: str,
    drop_deleted_values: bool,
    reason: str | None,
) -> None:
    """Log every change of the rows of TABLE, which must be yours, as events about ENTITY_TYPE.

    Run it again after the table was altered, or to change how; recording less takes --reason.
    """
    with session.client() as client:
        report_change(
            session,
            client.watch(
                relation=relation,
                entity_type=entity_type,
                tenant_column=tenant_column,
                label_column=label_column,
                columns=columns or None,
                redact_columns=redact_columns,
                ignore_columns=ignore_columns,
                category=category,
                level=level,
                on_error=on_error,
                keep_deleted_values=False if drop_deleted_values else None,
                reason=reason,
            ),
        )


@capture.command()
@click.argument("relation", metavar="[TABLE]", required=False)
@click.option("--entity-type", metavar="CODE", help="Instead of a TABLE that was dropped.")
@reason_option(required=True)
@pass_session
def unwatch(session: Session, relation: str | None, entity_type: str | None, reason: str) -> None:
    """Log the changes of TABLE no more; what was logged stays."""
    with session.client() as client:
        report_change(
            session,
            client.unwatch(relation=relation, reason=reason, entity_type=entity_type),
        )


@capture.command("list")
@click.pass_context
def list_(context: click.Context) -> None:
    """List the watched tables (audit_operator, audit_auditor).

    Below it stands what isn't as it should be, with the SQL that mends it. Exits with 1 when there
    is an error.
    """
    session = context.ensure_object(Session)
    with session.client() as client:
        rows = client.list_watched()
    listing(
        session,
        rows,
        {
            "table": lambda row: (row.relation, row.entity_type, f"{row.level}, {row.on_error}"),
            "captured": lambda row: _columns(session, row),
            "tenant": lambda row: row.tenant_column,
            "watched": lambda row: (row.watched_at, row.watched_by),
            "status": lambda row: Text(session.text(f"state_{row.state}"), STYLES[row.state]),
        },
    )
    troubles = [
        HealthCheck(row.relation, row.state, "; ".join((row.problem or "").splitlines()), row.hint)
        for row in rows
        if row.state != "ok"
    ]
    if troubles and not session.as_json:
        print_checks(session, troubles)
    if any(row.state == "error" for row in rows):
        context.exit(1)


def _columns(session: Session, row: WatchedTable) -> tuple[str, ...]:
    recorded = session.text("all_columns") if row.columns is None else ", ".join(row.columns)
    lists = (("redacted_columns", row.redact_columns), ("ignored_columns", row.ignore_columns))
    return (
        recorded,
        *(session.text(key, columns=", ".join(columns)) for key, columns in lists if columns),
    )


@capture.command()
@pass_session
def spool(session: Session) -> None:
    """List the changes that couldn't be logged and wait (audit_operator, audit_auditor)."""
    with session.client() as client:
        rows = client.list_spool()
    listing(
        session,
        rows,
        {
            "entity": lambda row: (row.entity_type, row.operation),
            "spooled": lambda row: (row.spooled_at, row.spooled_by),
            "events": lambda row: row.events,
            "error": lambda row: row.error,
        },
    )


@capture.command()
@click.option(
    "--limit", default=1000, show_default=True, metavar="EVENTS", help="How many are tried."
)
@pass_session
def replay(session: Session, limit: int) -> None:
    """Log the changes that wait, as far as they can be logged now."""
    with session.client() as client:
        count = client.log_spool(at_most=limit)
    report_result(session, "spool_logged", logged=count.logged, remaining=count.remaining)
