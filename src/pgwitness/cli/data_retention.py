"""How long rows of the application's own tables are kept, and the purge of those that are older."""

from __future__ import annotations

from typing import Any

import click
from rich.text import Text

from pgwitness.cli.parameters import read_json, reason_option
from pgwitness.cli.rendering import listing, report_change
from pgwitness.cli.retention import RECEIPTS, at, kept, run_state
from pgwitness.cli.running import Count, confirm, report_runs, run
from pgwitness.cli.session import Session, pass_session
from pgwitness.client import Client
from pgwitness.models import DataPurge, DataPurgePreview

relation_argument = click.argument("relation", metavar="TABLE")


@click.group("data-retention")
def data_retention() -> None:
    """How long rows of the application's tables are kept (audit_operator; the tables' owner)."""


@data_retention.command()
@relation_argument
@click.option("--time-column", required=True, metavar="COLUMN", help="Says how old a row is.")
@click.option(
    "--levels",
    required=True,
    metavar="JSON",
    callback=read_json,
    help="Where to look for the days, first to last: an array of objects with name, relation, "
    "join, and days, keep or enabled.",
)
@click.option(
    "--children",
    metavar="JSON",
    callback=read_json,
    help="Tables whose rows go too or keep a row: objects with relation, join, rule, children.",
)
@click.option("--tenant-column", metavar="COLUMN", help="Says whose a row is.")
@click.option("--entity-type", metavar="CODE", help="For holds. Unset: as the table is watched.")
@click.option("--actor-column", metavar="COLUMN", help="Says whose act a row is, for holds.")
@click.option(
    "--decision",
    required=True,
    metavar="TEXT",
    help="The disposal decision, in 10 to 500 characters; stands on each receipt.",
)
@pass_session
def define(session: Session, /, relation: str, children: Any, **declared: Any) -> None:
    """Declare how long the rows of TABLE, which must be yours, are kept.

    Nothing is removed before "arm". Run it again to change it, which disarms it.
    """
    with session.client() as client:
        report_change(
            session,
            client.define_data_retention(
                relation=relation, children=[] if children is None else children, **declared
            ),
        )


@data_retention.command()
@relation_argument
@click.option("--yes", is_flag=True, help="Don't ask.")
@reason_option(required=True)
@pass_session
def arm(session: Session, relation: str, yes: bool, reason: str) -> None:
    """Let the purge remove rows of TABLE, after a preview that it shows and asks about."""
    with session.client() as client:
        rows = client.preview_data_purge(relation=relation)
        confirm(session, "ask_arm", yes=yes, relation=relation, **_told(session, rows))
        report_change(session, client.arm_data_retention(relation=relation, reason=reason))


def _told(session: Session, rows: list[DataPurgePreview]) -> dict[str, object]:
    oldest = min((row.oldest_at for row in rows if row.due and row.oldest_at), default=None)
    return {
        "count": sum(row.due for row in rows),
        "rows": sum(row.rows for row in rows),
        "oldest": at(oldest) if oldest else session.text("no_time"),
    }


@data_retention.command()
@relation_argument
@reason_option(required=True)
@pass_session
def disarm(session: Session, relation: str, reason: str) -> None:
    """Let the purge leave TABLE alone."""
    with session.client() as client:
        report_change(session, client.disarm_data_retention(relation=relation, reason=reason))


@data_retention.command()
@relation_argument
@reason_option(required=True)
@pass_session
def drop(session: Session, relation: str, reason: str) -> None:
    """Forget what was declared for TABLE; its receipts stay."""
    with session.client() as client:
        report_change(session, client.drop_data_retention(relation=relation, reason=reason))


@data_retention.command()
@relation_argument
@click.argument("key")
@pass_session
def resolve(session: Session, relation: str, key: str) -> None:
    """Tell how long one row is kept, and which level says so.

    KEY is its primary key; of several columns, a JSON array of their texts.
    """
    with session.client() as client:
        row = client.resolve_data_retention(relation=relation, key=key)
    listing(
        session,
        [row],
        {
            "level": lambda row: row.level,
            "kept": lambda row: (
                kept(session, None if row.is_kept else row.days),
                Text(row.problem, style="red") if row.problem else None,
            ),
            "when": lambda row: at(row.time) if row.time else None,
            "due_at": lambda row: at(row.due_at) if row.due_at else None,
        },
    )


@data_retention.command()
@relation_argument
@pass_session
def preview(session: Session, relation: str) -> None:
    """Tell what a purge would remove of TABLE now, by tenant and level."""
    with session.client() as client:
        rows = client.preview_data_purge(relation=relation)
    listing(
        session,
        rows,
        {
            "tenant": lambda row: row.tenant_id,
            "level": lambda row: row.level,
            "kept": lambda row: kept(session, row.days),
            "rows": lambda row: row.rows,
            "due": lambda row: row.due,
            "oldest": lambda row: at(row.oldest_at) if row.oldest_at else None,
            "spared": lambda row: tuple(
                session.text(key, count=count)
                for key, count in (
                    ("by_delay", row.waiting),
                    ("by_hold", row.kept_by_hold),
                    ("by_invalid", row.invalid),
                )
                if count
            ),
        },
    )


@data_retention.command("list")
@click.pass_context
def list_(context: click.Context) -> None:
    """List the tables under data retention; exits with 1 when there is a problem with one."""
    session = context.ensure_object(Session)
    with session.client() as client:
        rows = client.list_data_retention()
    listing(
        session,
        rows,
        {
            "table": lambda row: (row.relation, row.entity_type, row.decision),
            "level": lambda row: tuple(
                f"{level['name']}: {level['relation']}" for level in row.levels
            ),
            "armed": lambda row: (row.armed_at or session.text("off"), row.armed_by),
            "last_run": lambda row: row.last_run_at,
            "status": lambda row: (
                Text(row.problem, style="red") if row.problem else session.text("state_ok")
            ),
        },
    )
    if any(row.problem for row in rows):
        context.exit(1)


@data_retention.command("run")
@click.option("--yes", is_flag=True, help="Don't ask.")
@click.pass_context
def run_(context: click.Context, yes: bool) -> None:
    """Remove what has expired of every armed table, and print the receipts (audit_operator).

    It asks first, naming each table and how many rows would go. Exits with 1 when something that
    should have gone stayed, or a purge is under way already.
    """
    session = context.ensure_object(Session)
    if not yes:
        with session.client() as client:
            for table in client.list_data_retention():
                if table.armed_at is None or table.problem:
                    continue
                told = _told(session, client.preview_data_purge(relation=table.relation))
                if told["count"]:
                    confirm(session, "ask_data_purge", yes=yes, relation=table.relation, **told)
    (done, *_) = run(session, Client.purge_data, _count, ["purge_data"]) or (None,)
    if done is None:
        report_runs(session, ())
        context.exit(1)
    with session.client() as client:
        rows = [
            row
            for row in client.list_data_purges(up_to=RECEIPTS)
            if done.last_started_at and row.started_at >= done.last_started_at
        ]
    print_receipts(session, rows)
    has_failed = done.result != "succeeded" or any(row.error for row in rows)
    if not session.as_json:
        report_runs(session, [done])
    context.exit(1 if has_failed else 0)


def _count(client: Client) -> Count:
    running = [row for row in client.list_data_purges(up_to=RECEIPTS) if row.result == "running"]
    return sum(row.removed for row in running), sum(row.predicted for row in running)


@data_retention.command()
@click.option("--limit", default=100, show_default=True, metavar="ROWS", help="How many.")
@pass_session
def receipts(session: Session, limit: int) -> None:
    """List what purges have removed, newest first."""
    with session.client() as client:
        rows = client.list_data_purges(up_to=limit)
    print_receipts(session, rows)


def print_receipts(session: Session, rows: list[DataPurge]) -> None:
    """Print receipts of purges."""
    listing(
        session,
        rows,
        {
            "when": lambda row: (row.started_at, row.run_by),
            "table": lambda row: (row.relation, row.decision),
            "tenant": lambda row: row.tenant_id,
            "removed": lambda row: (
                f"{row.removed:,}",
                session.text("of_predicted", count=row.predicted),
                session.text("with_children", count=row.children_removed)
                if row.children_removed
                else None,
                ", ".join(f"{level}: {count}" for level, count in (row.by_level or {}).items()),
            ),
            "spared": lambda row: tuple(
                session.text(key, count=count)
                for key, count in (
                    ("by_hold", row.kept_by_hold),
                    ("by_lock", row.kept_locked),
                    ("by_failure", row.failed),
                )
                if count
            ),
            "status": lambda row: (run_state(session, row.result), row.error),
        },
    )
