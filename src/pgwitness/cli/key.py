"""Keys that sign checkpoints and cases: made here, and kept outside the database."""

from __future__ import annotations

from pathlib import Path

import click

from pgwitness.cli.rendering import note, print_json
from pgwitness.cli.session import Session, pass_session
from pgwitness.evidence import notes
from pgwitness.evidence.notes import KeyRing, SigningKey
from pgwitness.exporting import describe_failure

FILE = click.Path(dir_okay=False, path_type=Path)


@click.group()
def key() -> None:
    """Keys that sign checkpoints. Keep the private one outside the database.

    The public key is a line that whoever verifies keeps: `verify --key` takes a file of such lines,
    as many as there were keys.
    """


@key.command()
@click.argument("file", type=FILE)
@click.option(
    "--origin",
    metavar="NAME",
    help="Whose key it is, such as pgwitness/INSTALLATION/1; unset, the database is asked "
    "(audit_operator, audit_auditor).",
)
@pass_session
def new(session: Session, file: Path, origin: str | None) -> None:
    """Make a private key in a new FILE that only you can read, and print the public key.

    The key signs for that installation, in that epoch of its log and all later ones.
    """
    if origin is None:
        with session.client() as client:
            epochs = client.list_epochs()
        if not epochs:
            raise click.ClickException(session.text("no_epoch"))
        origin = epochs[0].origin
    made = SigningKey.create(origin)
    try:
        notes.store_signing_key(file, made)
    except FileExistsError as error:
        raise click.ClickException(session.text("key_exists", path=file)) from error
    except OSError as error:
        raise unreadable(session, file, error) from error
    _print_public(session, made)
    note(session.text("key_made", path=file))


@key.command()
@click.argument("file", type=FILE, required=False)
@pass_session
def show(session: Session, file: Path | None) -> None:
    """Print the public key of the private key in FILE, or in PGWITNESS_SIGNING_KEY."""
    _print_public(session, required_signing_key(session, file))


def _print_public(session: Session, signing: SigningKey) -> None:
    if session.as_json:
        print_json(
            {
                "name": signing.name,
                "key_id": signing.public.id.hex(),
                "public_key": str(signing.public),
            }
        )
    else:
        click.echo(str(signing.public))


def signing_key(session: Session, file: Path | None) -> SigningKey | None:
    """Give the private key of a file, else of PGWITNESS_SIGNING_KEY, else None.

    Raises:
        KeyInvalid: It is none, or others can read the file.
        click.ClickException: The file can't be read.
    """
    try:
        return notes.load_signing_key(file)
    except OSError as error:
        raise unreadable(session, file, error) from error


def required_signing_key(session: Session, file: Path | None) -> SigningKey:
    """Give the private key, or say how to give one.

    Raises:
        KeyInvalid: It is none, or others can read the file.
        click.ClickException: The file can't be read.
        click.UsageError: There is none.
    """
    found = signing_key(session, file)
    if found is None:
        raise click.UsageError(f"Give a private key: a file, or {notes.VARIABLE} with its text.")
    return found


def read_keys(session: Session, file: Path) -> KeyRing:
    """Read a file of public keys.

    Raises:
        KeyInvalid: A line is no key, or there is none.
        click.ClickException: The file can't be read.
    """
    try:
        return KeyRing.read(file)
    except OSError as error:
        raise unreadable(session, file, error) from error


def unreadable(session: Session, file: Path | None, error: OSError) -> click.ClickException:
    """Say in a line that a file can't be read or written."""
    return click.ClickException(
        session.text("file_unreadable", path=file, why=describe_failure(error))
    )
