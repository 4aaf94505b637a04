"""Archived files: what there is, whether it holds what was sealed, and what is to go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.text import Text

from pgwitness.cli.key import FILE, read_keys
from pgwitness.cli.parameters import reason_option
from pgwitness.cli.rendering import (
    console,
    escape,
    listing,
    note,
    print_json,
    progress,
    report_result,
)
from pgwitness.cli.retention import report_effect, seeing_all
from pgwitness.cli.running import confirm
from pgwitness.cli.session import Session, pass_session
from pgwitness.cli.verify import read_checkpoint
from pgwitness.client import Client
from pgwitness.errors import SinkUnknown
from pgwitness.evidence.checkpoints import Checkpoint

Command = TypeVar("Command", bound=Callable[..., object])


def open_archive(address: str) -> Any:
    """Open an archive's folder.

    Raises:
        click.ClickException: A package is missing, or nothing knows that kind of address.
    """
    try:
        from pgwitness.archiving.folder import Folder

        return Folder(address)
    except ImportError as error:
        raise click.ClickException(
            f"{error.name or error}: pip install 'pgwitness[parquet]', and what fsspec needs for "
            "that kind of address"
        ) from error
    except ValueError as error:
        raise click.ClickException(f"{address}: {error}") from error


def checkpoint_options(*, required: bool) -> Callable[[Command], Command]:
    """Add the options that give a checkpoint, and who is trusted to have signed it."""

    def add(command: Command) -> Command:
        for option in (
            click.option(
                "--key",
                "key_file",
                type=FILE,
                required=required,
                help="Public keys that verify --checkpoint, one a line.",
            ),
            click.option(
                "--checkpoint",
                "checkpoint_file",
                type=FILE,
                required=required,
                help="Checkpoint that was kept outside.",
            ),
        ):
            command = option(command)
        return command

    return add


def given_checkpoint(
    session: Session, checkpoint_file: Path | None, key_file: Path | None
) -> Checkpoint | None:
    """Read a checkpoint, if one was given.

    Raises:
        NoteInvalid: Nobody trusted signed it.
        click.UsageError: It was given without keys.
    """
    if checkpoint_file is None:
        return None
    if key_file is None:
        raise click.UsageError("--checkpoint takes --key, else anybody could have made it.")
    return read_checkpoint(session, checkpoint_file, read_keys(session, key_file)).checkpoint


@click.group()
def archive() -> None:
    """Archived events: Parquet files by tenant and day, which "pgwitness ship" writes.

    An ADDRESS is a folder, or an address that fsspec knows, such as s3://bucket/audit.
    """


@archive.command("list")
@click.argument("sink", required=False)
@pass_session
def list_(session: Session, sink: str | None) -> None:
    """List archived files, of SINK or all: what they hold, and what was erased since."""
    with seeing_all(session).client() as client:
        rows = client.list_archives(name=sink, tenant_id=session.tenant_id)
    listing(
        session,
        rows,
        {
            "day": lambda row: (str(row.day), row.name),
            "tenant": lambda row: row.tenant_id,
            "file": lambda row: (row.file, row.sha256),
            "rows": lambda row: row.rows,
            "status": lambda row: (
                session.text(f"archive_{row.removal}") if row.removal else None,
                session.text("archive_due") if row.is_expired else None,
                session.text("archive_held") if row.is_held and row.is_expired else None,
                session.text("archive_tells", count=row.erased) if row.erased else None,
            ),
        },
    )


@archive.command()
@click.argument("address")
@checkpoint_options(required=False)
@click.pass_context
def verify(
    context: click.Context, address: str, checkpoint_file: Path | None, key_file: Path | None
) -> None:
    """Verify the archive at ADDRESS, offline: each row, each file, and what is missing.

    With --checkpoint it is proven that the log held every row before the checkpoint was made; the
    archive must have been linked to it with "pgwitness archive link". Exits with 1 when anything is
    wrong.
    """
    from pgwitness.archiving import verifying

    session = context.ensure_object(Session)
    checkpoint = given_checkpoint(session, checkpoint_file, key_file)
    folder = open_archive(address)
    with progress() as bar:
        task = bar.add_task(session.text("verifying"), total=None)
        found = verifying.verify(
            folder, checkpoint, lambda done, total: bar.update(task, completed=done, total=total)
        )
    if session.as_json:
        print_json(found)
    else:
        _print_verification(session, found, checkpoint)
    if found.findings:
        context.exit(1)


def _print_verification(session: Session, found: Any, checkpoint: Checkpoint | None) -> None:
    screen = console()
    for finding in found.findings:
        line = ": ".join(filter(None, (finding.kind, finding.file, finding.event_id)))
        screen.print(Text(f"✗ {escape(line)}", style="bold red"), soft_wrap=True)
        screen.print(escape(f"  {finding.detail}"), soft_wrap=True)
    said = [session.text("archive_rows", rows=found.rows, files=found.files)]
    if checkpoint is None:
        said.append(session.text("archive_unanchored"))
    else:
        said.append(session.text("archive_proven", count=found.proven, origin=checkpoint.origin))
        if found.later:
            said.append(session.text("archive_later", count=found.later))
    for line in said:
        screen.print(escape(line), soft_wrap=True)
    if not found.findings:
        screen.print(Text(escape(session.text("archive_good")), style="green"), soft_wrap=True)


@archive.command()
@click.argument("address")
@checkpoint_options(required=True)
@pass_session
def link(session: Session, address: str, checkpoint_file: Path, key_file: Path) -> None:
    """Link the archive at ADDRESS to a checkpoint, so that it proves the archive offline.

    Stores the proof that the checkpoint's log grew from the one that the archive was written from
    (audit_operator, audit_auditor, or whoever may read events).
    """
    from pgwitness.archiving.linking import link as store

    checkpoint = given_checkpoint(session, checkpoint_file, key_file)
    assert checkpoint is not None
    folder = open_archive(address)
    with seeing_all(session).client() as client:
        made = store(client, folder, checkpoint)
    if made is None:
        note(session.text("archive_younger"))
    else:
        report_result(session, "archive_linked", old=made.old.size, new=made.new.size)


@archive.command()
@click.argument("sink")
@click.option("--yes", is_flag=True, help="Don't ask.")
@pass_session
def expire(session: Session, sink: str, yes: bool) -> None:
    """Delete files of SINK in which all has expired and nothing is held (the sink's role)."""
    from pgwitness.archiving import keeping

    confirm(session, "ask_archive_expire", yes=yes, name=sink)
    with seeing_all(session).client() as client:
        _print_kept(session, keeping.expire(client, sink, _folder_of(client, sink)))


@archive.command()
@click.argument("sink")
@pass_session
def rewrite(session: Session, sink: str) -> None:
    """Write files of SINK anew that tell of what was erased since (the sink's role).

    Each new file is verified and noted before the old one is deleted.
    """
    from pgwitness.archiving import keeping

    with seeing_all(session).client() as client:
        _print_kept(session, keeping.rewrite(client, sink, _folder_of(client, sink)))


def _folder_of(client: Client, name: str) -> Any:
    for sink in client.list_sinks():
        if sink.name == name and sink.kind == "parquet":
            return open_archive(str(sink.options["url"]))
    raise SinkUnknown(f"there is no sink {name} of kind parquet for this role")


def _print_kept(session: Session, rows: Sequence[Any]) -> None:
    listing(
        session,
        rows,
        {
            "file": lambda row: (row.file, row.replacement),
            "rows": lambda row: row.rows,
            "status": lambda row: session.text(f"archive_{row.result}"),
        },
    )


@archive.command()
@click.argument("days")
@click.option("--sink", metavar="NAME", help="The sink that archives them; needed with DAYS.")
@click.option("--yes", is_flag=True, help="Don't ask.")
@reason_option(required=True)
@pass_session
def hot(session: Session, days: str, sink: str | None, yes: bool, reason: str) -> None:
    """Let events leave the database after DAYS, once SINK has archived them (audit_admin).

    "none" keeps them as long as the retention says. Leaving earlier waits, as with "retention set";
    holds and floors keep events all the same.
    """
    if days != "none" and not days.isdigit():
        raise click.BadParameter('neither a number of days nor "none"', param_hint="DAYS")
    if days != "none" and sink is None:
        raise click.UsageError("Say which sink archives them: --sink NAME.")
    if days != "none":
        confirm(session, "ask_hot", yes=yes, days=days, name=sink)
    with session.client() as client:
        moment = client.set_hot_days(
            days=None if days == "none" else int(days), name=sink, reason=reason
        )
    report_effect(session, moment)
