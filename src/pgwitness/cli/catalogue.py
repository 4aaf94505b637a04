"""The vocabulary of the log: what can be logged, about what, and why it may be read."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import click

from pgwitness.cli.parameters import reason_option, titles_and_descriptions
from pgwitness.cli.rendering import (
    console,
    in_language,
    listing,
    print_json,
    report_change,
    report_result,
)
from pgwitness.cli.session import Session, pass_session
from pgwitness.resources import sql_directory

KINDS = ("category", "action", "entity_type", "actor_type", "outcome", "access_reason")

Texts = dict[str, str]


@click.group()
def catalogue() -> None:
    """The vocabulary of the log, to which an audit_operator adds."""


@catalogue.command("list")
@click.argument("kind", type=click.Choice(KINDS), required=False)
@pass_session
def list_(session: Session, kind: str | None) -> None:
    """List what the log knows, or one KIND of it."""
    with session.client() as client:
        rows = [row for row in client.list_catalogue() if kind in (None, row.kind)]
    if session.as_json:
        print_json(*rows)
        return
    for place, (name, group) in enumerate(groupby(rows, key=lambda row: row.kind)):
        if place:
            console().print()
        console().print(session.text(f"kind_{name}"), style="bold underline")
        listing(
            session,
            list(group),
            {
                "code": lambda row: (row.code, row.category),
                "title": lambda row: (
                    in_language(session.language, row.titles),
                    session.text("retired") if row.retired_at else None,
                    in_language(session.language, row.descriptions),
                ),
            },
        )


@catalogue.command("define-category")
@click.argument("category")
@titles_and_descriptions
@pass_session
def define_category(session: Session, category: str, titles: Texts, descriptions: Texts) -> None:
    """Define a group of actions that are switched together, or change its texts."""
    with session.client() as client:
        report_change(
            session,
            client.define_category(category=category, titles=titles, descriptions=descriptions),
        )


@catalogue.command("define-action")
@click.argument("action")
@click.argument("category")
@titles_and_descriptions
@click.option(
    "--when-too-large",
    type=click.Choice(["refuse", "cut"]),
    default="refuse",
    show_default=True,
    help="What becomes of an event over the payload limit.",
)
@pass_session
def define_action(
    session: Session,
    action: str,
    category: str,
    titles: Texts,
    descriptions: Texts,
    when_too_large: str,
) -> None:
    """Define what can be logged, in a category that it keeps, or change its texts."""
    with session.client() as client:
        report_change(
            session,
            client.define_action(
                action=action,
                category=category,
                titles=titles,
                descriptions=descriptions,
                when_too_large=when_too_large,
            ),
        )


@catalogue.command("define-entity-type")
@click.argument("entity_type")
@titles_and_descriptions
@pass_session
def define_entity_type(
    session: Session, entity_type: str, titles: Texts, descriptions: Texts
) -> None:
    """Define a kind of thing that events are about, or change its texts."""
    with session.client() as client:
        report_change(
            session,
            client.define_entity_type(
                entity_type=entity_type, titles=titles, descriptions=descriptions
            ),
        )


@catalogue.command("define-reason")
@click.argument("access_reason")
@titles_and_descriptions
@pass_session
def define_reason(session: Session, access_reason: str, titles: Texts, descriptions: Texts) -> None:
    """Define a reason for which the log may be read, or change its texts."""
    with session.client() as client:
        report_change(
            session,
            client.define_access_reason(
                access_reason=access_reason, titles=titles, descriptions=descriptions
            ),
        )


@catalogue.command("retire-action")
@click.argument("action")
@reason_option(required=True)
@pass_session
def retire_action(session: Session, action: str, reason: str) -> None:
    """End an action: it can't be logged any more; its events stay as they are."""
    with session.client() as client:
        report_change(session, client.retire_action(action=action, reason=reason))


@catalogue.command()
@click.argument("file")
@pass_session
def load(session: Session, file: str) -> None:
    """Load a whole catalogue: FILE is "eneo", which comes with pgwitness, or an SQL file.

    All of it is loaded or nothing. Loading it again is harmless.
    """
    ready = sql_directory() / "catalogue" / f"{file}.sql"
    path = ready if ready.is_file() else Path(file)
    if not path.is_file():
        names = ", ".join(sorted(known.stem for known in ready.parent.glob("*.sql")))
        raise click.BadParameter(f"there is no file {file}; ready ones: {names}", param_hint="FILE")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise click.BadParameter(str(error), param_hint="FILE") from error
    with session.connect() as connection, connection.transaction():
        connection.execute(content)
    report_result(session, "catalogue_loaded", path=str(path))
