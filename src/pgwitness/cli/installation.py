"""Installing pgwitness into a database, looking after it, and taking it out again."""

from __future__ import annotations

from pathlib import Path

import click

from pgwitness import migrations, resources
from pgwitness.cli.rendering import console, escape, note, print_json
from pgwitness.cli.session import Session, is_interactive, pass_session
from pgwitness.errors import InstallerLacksRights

lock_timeout_option = click.option(
    "--lock-timeout",
    type=click.FloatRange(min=0.001),
    default=migrations.LOCK_TIMEOUT,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for each lock that others hold, before giving up.",
)


@click.command()
@click.option(
    "--roles",
    type=click.Choice(["yes", "no", "ask"]),
    default="ask",
    show_default=True,
    help="Create pgwitness's roles first (sql/roles.sql), if they are missing and this login may.",
)
@lock_timeout_option
@click.option("--force", is_flag=True, help="Apply all functions again, though nothing differs.")
@pass_session
def install(session: Session, roles: str, lock_timeout: float, force: bool) -> None:
    """Install pgwitness, or bring it to this version; harmless when there is nothing to do.

    The login must be a member of pgwitness's engine roles; sql/roles.sql, run by an administrator,
    makes it one. All of it is one transaction. No extension is needed or created.
    """
    rights = migrations.check_rights(session.dsn)
    if rights.lacking and _wants_roles(rights, roles):
        migrations.create_roles(session.dsn)
        note(f"created or granted: {', '.join(rights.lacking)}")
    try:
        outcome = migrations.install(session.dsn, lock_timeout=lock_timeout, force=force)
    except InstallerLacksRights as error:
        if rights.lacking and rights.may_create_roles:
            error.add_note("This login may create them itself: pgwitness install --roles yes")
        raise
    if session.as_json:
        print_json(outcome)
        return
    done = [f"pgwitness {outcome.version} is in database {rights.database}."]
    if outcome.applied:
        done.append(f"Migrations applied: {', '.join(outcome.applied)}.")
    if outcome.marked:
        done.append(f"Migrations found there: {', '.join(outcome.marked)}.")
    if not outcome.is_code_applied:
        done.append("Nothing differed, so nothing was changed.")
    done.append(
        "Its jobs (partitions and purges) take somebody who runs them, as a login that is a member "
        "of audit_operator. With pg_cron:\n    pgwitness jobs schedule\n"
        "else now and then from cron or systemd, or as a service:\n"
        "    pgwitness jobs run\n    pgwitness jobs serve"
    )
    console().print(escape_lines("\n".join(done)), soft_wrap=True)


@click.command()
@pass_session
@click.pass_context
def status(context: click.Context, session: Session) -> None:
    """Compare the database with these files and with what was installed in it.

    Exits with 1 when nothing is installed, when it isn't this version, or when something was
    changed since. Run it as the login that installs.
    """
    found = migrations.status(session.dsn)
    if session.as_json:
        print_json(
            {
                "is_installed": found.is_installed,
                "is_current": found.is_current,
                "version": found.version,
                "code_digest": found.code_digest,
                "installed_at": found.installed_at,
                "applied": found.applied,
                "pending": found.pending,
                "unknown": found.unknown,
                "drift": found.drift,
                "package_version": found.package_version,
                "package_digest": found.package_digest,
            }
        )
    else:
        console().print(escape_lines("\n".join(_describe(found))), soft_wrap=True)
    if not found.is_current:
        context.exit(1)


@click.command()
@click.option("--roles", is_flag=True, help="Print roles.sql, which an administrator runs once.")
def sql(roles: bool) -> None:
    """Print what install does to an empty database, as SQL for psql or another migration tool."""
    click.echo(resources.read_sql("roles.sql") if roles else migrations.bundle(), nl=False)


@click.command()
@click.option(
    "--archive",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write every event into a new file first, as JSON Lines (compressed when it ends in .gz), "
    "and read it back. Needed while there are events younger than 365 days.",
)
@click.option("--yes", is_flag=True, help="Don't ask.")
@lock_timeout_option
@pass_session
def uninstall(session: Session, archive: Path | None, yes: bool, lock_timeout: float) -> None:
    """Drop pgwitness's schemas with all events in them. Roles stay."""
    database = migrations.check_rights(session.dsn).database
    if not yes:
        click.confirm(
            f"Drop pgwitness and all its events from database {escape(database)}?",
            abort=True,
            err=True,
        )
    try:
        receipt = migrations.uninstall(session.dsn, archive_path=archive, lock_timeout=lock_timeout)
    except FileExistsError as error:
        raise click.BadParameter(f"{archive} exists; name a new file") from error
    if session.as_json:
        print_json({"database": database, "archive": receipt})
        return
    done = [f"pgwitness is no longer in database {database}."]
    if receipt is not None:
        done.append(f"{receipt.path} holds its {receipt.events} events, SHA-256 {receipt.sha256}.")
    done.append(
        "What remains: the roles audit_*, since they belong to the whole cluster and other "
        "databases may use them, and their members."
    )
    console().print(escape_lines("\n".join(done)), soft_wrap=True)


@click.command()
@lock_timeout_option
@pass_session
def maintain(session: Session, lock_timeout: float) -> None:
    """Make the partitions ahead, and the indexes of those that are full (audit_operator).

    Harmless at any time; run it daily.
    """
    done = migrations.maintain(session.dsn, lock_timeout=lock_timeout)
    if session.as_json:
        print_json(done)
        return
    lines = ["Partitions are ahead."]
    lines += [f"{name}: {indexes} indexes made" for name, indexes in done.closed.items()]
    lines += [f"{name}: somebody writes to it; next time" for name in done.busy]
    console().print(escape_lines("\n".join(lines)), soft_wrap=True)


def escape_lines(text: str) -> str:
    """Make text safe for a terminal, line by line."""
    return "\n".join(map(escape, text.split("\n")))


def _wants_roles(rights: migrations.Rights, answer: str) -> bool:
    if answer != "ask":
        return answer == "yes"
    return (
        rights.may_create_roles
        and is_interactive()
        and click.confirm(
            f"{escape(rights.login)} lacks {', '.join(rights.lacking)}. "
            "Run sql/roles.sql, which creates and grants them?",
            err=True,
        )
    )


def _describe(found: migrations.Status) -> list[str]:
    if not found.is_installed:
        return ["pgwitness is not installed here. Install it with: pgwitness install"]
    lines = [
        f"version     {found.version}, installed {found.installed_at:%Y-%m-%d %H:%M:%S%z}",
        f"code        {found.code_digest}",
        f"migrations  {', '.join(found.applied)}",
    ]
    if found.version != found.package_version:
        lines.append(f"The package is version {found.package_version}.")
    if found.code_digest != found.package_digest:
        lines.append(f"The package's code is {found.package_digest}.")
    if found.pending:
        lines.append(f"Not applied yet: {', '.join(found.pending)}.")
    if found.unknown:
        lines.append(f"Unknown to this package: {', '.join(found.unknown)}. It is older.")
    lines += [f"{drift.kind} {drift.name} is {drift.problem}" for drift in found.drift]
    if found.drift:
        lines.append("Find out who changed them; pgwitness install --force applies the code again.")
    elif not found.is_current:
        lines.append("Bring it up to date with: pgwitness install")
    else:
        lines.append("Nothing differs.")
    return lines


commands = [install, status, sql, uninstall, maintain]
