"""`make run`: pgwitness at work, from an empty database to a justified search.

It takes a throw-away server, or with PGWITNESS_DSN a database where that login may create roles and
schemas. There it can be run again: a few rows more each time.
"""

from __future__ import annotations

import inspect
import io
import os
import shlex
import shutil
import signal
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

import click
import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.types.json import Json
from rich.syntax import Syntax
from rich.text import Text

from pgwitness import migrations
from pgwitness.cli import main as command_line
from pgwitness.cli.rendering import console, print_error
from pgwitness.client import Client
from pgwitness.errors import PgwitnessError
from pgwitness.evidence import notes
from pgwitness.server import Server, ServerFailed, ServerMissing

MEADOW = "11111111-1111-4111-8111-111111111111"
HARBOUR = "22222222-2222-4222-8222-222222222222"
TENANTS = {MEADOW: "Meadow School", HARBOUR: "Harbour Office"}

PREFIX = "pgwitness_demo_"
"""What our roles begin with, since they belong to the whole cluster."""

ROLES = {
    "operator": "audit_operator",
    "app": "audit_app",
    "admin": "audit_admin",
    "reader": "audit_reader",
    "harbour": "audit_reader",
}
"""The people of the demonstration, and the role of pgwitness that each is a member of."""

CREATE_ROLES = """
do $roles$
declare
  wanted record;
begin
  for wanted in select key as name, value as parent from json_each_text({roles}) loop
    if not exists (select from pg_roles where rolname = wanted.name) then
      execute format('create role %I nologin', wanted.name);
    end if;
    if not pg_has_role(wanted.name, wanted.parent, 'member') then
      execute format('grant %I to %I', wanted.parent, wanted.name);
    end if;
    if not pg_has_role(wanted.name, 'member') then
      execute format('grant %I to %I', wanted.name, current_user);
    end if;
  end loop;
end
$roles$
"""

CREATE_APPLICATION = """
create schema if not exists pgwitness_demo authorization pgwitness_demo_operator;
set local role pgwitness_demo_operator;
create table if not exists pgwitness_demo.member (
  id bigint generated always as identity primary key,
  tenant_id uuid not null,
  name text not null,
  email text not null
);
grant usage on schema pgwitness_demo to pgwitness_demo_app, pgwitness_demo_reader;
grant select, insert, update, delete on pgwitness_demo.member to pgwitness_demo_app;
reset role;
"""

TAMPER = f"""
alter table audit_private.event disable trigger all;
update audit_private.event set description = 'Nobody was added'
where id = (
  select e.id from audit_private.event e
  where e.tenant_id = '{MEADOW}' and e.action = 'user_created' order by e.id limit 1
);
set local role pgwitness_demo_operator;
"""
"""What a superuser can do, and what becomes of it."""

CREATE_CONVERSATIONS = f"""
set local role pgwitness_demo_operator;
create table if not exists pgwitness_demo.tenants (
  id uuid primary key,
  conversation_retention_days integer,
  conversation_retention_enabled boolean not null default false
);
create table if not exists pgwitness_demo.spaces (
  id bigint primary key,
  tenant_id uuid not null references pgwitness_demo.tenants,
  data_retention_days integer
);
create table if not exists pgwitness_demo.assistants (
  id bigint primary key,
  space_id bigint references pgwitness_demo.spaces on delete set null,
  name text not null,
  data_retention_days integer
);
create table if not exists pgwitness_demo.apps (
  id bigint primary key,
  space_id bigint references pgwitness_demo.spaces on delete set null,
  data_retention_days integer
);
create table if not exists pgwitness_demo.sessions (
  id bigint generated always as identity primary key,
  tenant_id uuid not null
);
create table if not exists pgwitness_demo.questions (
  id bigint generated always as identity primary key,
  tenant_id uuid not null,
  session_id bigint references pgwitness_demo.sessions,
  assistant_id bigint references pgwitness_demo.assistants on delete set null,
  created_at timestamptz not null
);
create table if not exists pgwitness_demo.app_runs (
  id bigint generated always as identity primary key,
  tenant_id uuid not null,
  app_id bigint references pgwitness_demo.apps on delete set null,
  created_at timestamptz not null
);
insert into pgwitness_demo.tenants values ('{MEADOW}', 365, true), ('{HARBOUR}', null, false)
on conflict do nothing;
insert into pgwitness_demo.spaces values (1, '{MEADOW}', 90), (2, '{HARBOUR}', null)
on conflict do nothing;
insert into pgwitness_demo.assistants
values (1, 1, 'Homework help', 30), (2, 1, 'Timetable', null), (3, 2, 'Letters', null)
on conflict do nothing;
with opened as (
  insert into pgwitness_demo.sessions (tenant_id)
  select '{MEADOW}' from generate_series(1, 12)
  returning id
)
insert into pgwitness_demo.questions (tenant_id, session_id, assistant_id, created_at)
select '{MEADOW}', id, 1 + id % 2, now() - row_number() over () * interval '10 days' from opened;
insert into pgwitness_demo.questions (tenant_id, assistant_id, created_at)
select '{HARBOUR}', 3, now() - number * interval '300 days' from generate_series(1, 3) number;
"""

DEFINE_RETENTION = """
select audit.define_data_retention(
  relation => 'pgwitness_demo.questions',
  time_column => 'created_at',
  levels => '[
    {"name": "assistant", "relation": "pgwitness_demo.assistants",
     "join": {"assistant_id": "id"}, "days": "data_retention_days"},
    {"name": "space", "relation": "pgwitness_demo.spaces",
     "join": {"assistant.space_id": "id"}, "days": "data_retention_days"},
    {"name": "tenant", "relation": "pgwitness_demo.tenants",
     "join": {"tenant_id": "id"}, "days": "conversation_retention_days",
     "enabled": "conversation_retention_enabled"}]',
  children => '[
    {"relation": "pgwitness_demo.sessions", "join": {"id": "session_id"}, "rule": "with_last"}]',
  tenant_column => 'tenant_id',
  decision => 'Disposal decision 2024:7 of the board'
);
"""

WORK_IN_SQL = f"""
begin;
select audit.set_context(
  tenant_id => '{MEADOW}',
  actor_id => 'anna',
  actor => '{{"name": "Anna Berg", "email": "anna@meadow.example"}}',
  ip => '192.0.2.17'
);
with added as (
  insert into pgwitness_demo.member (tenant_id, name, email)
  values ('{MEADOW}', 'Bo Ek', 'bo@meadow.example')
  returning *
)
select audit.log_event(
  action => 'user_created',
  entity_type => 'user',
  entity_id => added.id,
  description => format('Anna Berg added %s', added.name),
  target => to_jsonb(added),
  metadata => '{{"page": "/admin/users"}}'
)
from added;
commit;
"""


def work_in_python(connection: psycopg.Connection[Any], client: Client) -> None:
    """Two acts of Bo: one that succeeds, and one that is refused and logged all the same."""
    with client.context(tenant_id=MEADOW, actor_id="bo", actor={"name": "Bo Ek"}):
        with client.action(
            action="user_updated",
            entity_type="user",
            entity_id="bo",
            description="Bo Ek changed his e-mail address",
            changes={"email": {"old": "bo@meadow.example", "new": "bo.ek@meadow.example"}},
        ):
            connection.execute(
                "update pgwitness_demo.member set email = %s where name = %s",
                ("bo.ek@meadow.example", "Bo Ek"),
            )

        with (
            suppress(PermissionError),
            client.action(
                action="role_created",
                entity_type="role",
                entity_id="owner",
                description="Bo Ek made himself an owner",
            ),
        ):
            raise PermissionError("only administrators may do that")


class Stage:
    """Shows what is done and does it."""

    def __init__(self, dsn: str) -> None:
        """Take the connection string of the login that may create roles and schemas."""
        self.dsn = dsn
        self.screen = console()

    def of(self, role: str) -> str:
        """Give the connection string that speaks as one of the roles."""
        options = conninfo_to_dict(self.dsn).get("options") or ""
        return make_conninfo(self.dsn, options=f"{options} -c role={PREFIX}{role}".strip())

    def head(self, text: str) -> None:
        """Begin a chapter."""
        self.screen.print()
        self.screen.print(Text(text, style="bold reverse"))

    def say(self, text: str) -> None:
        """Say something."""
        self.screen.print(text, soft_wrap=True)

    def show(self, text: str, language: str) -> None:
        """Show a piece of code."""
        self.screen.print(
            Syntax(text.strip("\n"), language, theme="ansi_dark", background_color="default")
        )

    def run(self, role: str, *arguments: str) -> None:
        """Show a command of the command line, run it as a role, and show what it answers."""
        self.screen.print()
        self.screen.print(
            Text.assemble((f"{role}$ ", "bold cyan"), f"pgwitness {shlex.join(arguments)}"),
            soft_wrap=True,
        )
        sys.stdout.flush()
        with redirect_stderr(sys.stdout), _nobody_to_ask():
            try:
                command_line.main(
                    ["--dsn", self.of(role), *arguments],
                    prog_name="pgwitness",
                    standalone_mode=False,
                )
            except click.ClickException as refusal:
                refusal.show()
        sys.stdout.flush()

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """Show that something takes a while, and how long it took."""
        began = time.monotonic()
        with console(stderr=True).status(text):
            yield
        self.screen.print(
            Text.assemble(("✓ ", "green"), text, (f"  {time.monotonic() - began:.1f} s", "dim"))
        )


@contextmanager
def _nobody_to_ask() -> Iterator[None]:
    """Let commands find no terminal to ask at, so that a refusal is shown instead of a question."""
    terminal, sys.stdin = sys.stdin, io.StringIO()
    try:
        yield
    finally:
        sys.stdin = terminal


def play(stage: Stage) -> None:
    """Show all of it.

    Raises:
        PgwitnessError: The login may not install, say.
        psycopg.Error: The server refuses or can't be reached.
    """
    prepare(stage)
    watch(stage)
    write(stage)
    turn_toggles(stage)
    read(stage)
    retain(stage)
    retain_conversations(stage)
    take_out(stage)
    swear(stage)


def prepare(stage: Stage) -> None:
    """Install, load the catalogue, register tenants and bind roles."""
    stage.head(" 1  Install, into schemas of its own ")
    with stage.step("roles"):
        if migrations.check_rights(stage.dsn).lacking:
            migrations.create_roles(stage.dsn)
    with stage.step("tables and functions, in one transaction"):
        migrations.install(stage.dsn)
    with (
        stage.step("an application of our own: schema pgwitness_demo"),
        psycopg.connect(stage.dsn) as connection,
    ):
        connection.execute(
            sql.SQL(CREATE_ROLES).format(
                roles=to_json({PREFIX + name: parent for name, parent in ROLES.items()})
            )
        )
        connection.execute(CREATE_APPLICATION)

    stage.head(" 2  A vocabulary, two tenants, and roles that may act for them ")
    stage.run("operator", "catalogue", "load", "eneo")
    for tenant_id, name in TENANTS.items():
        stage.run("operator", "tenant", "register", tenant_id, name)
    reason = "The application serves every tenant"
    stage.run("operator", "tenant", "grant-all", PREFIX + "app", "--reason", reason)
    for role, tenant_id in (
        ("admin", MEADOW),
        ("reader", MEADOW),
        ("harbour", HARBOUR),
    ):
        stage.run("operator", "tenant", "grant", PREFIX + role, tenant_id)


def watch(stage: Stage) -> None:
    """Watch the application's table, without its e-mail addresses."""
    stage.head(" 3  Watch a table: its changes are events too, whoever makes them ")
    stage.run(
        "operator", "capture", "watch", "pgwitness_demo.member", "member",
        "--tenant-column", "tenant_id", "--label-column", "name", "--redact", "email",
    )  # fmt: skip
    stage.run("operator", "capture", "list")


def write(stage: Stage) -> None:
    """Let the application change rows and log what it did, in the same transactions."""
    stage.head(" 4  The application writes: the row and its event commit together ")
    stage.say("In SQL:")
    stage.show(WORK_IN_SQL, "sql")
    with psycopg.connect(stage.of("app"), autocommit=True) as connection:
        connection.execute(WORK_IN_SQL.encode())
        stage.say("\nIn Python, where a failure is logged although its transaction is undone:")
        stage.show(textwrap.dedent(inspect.getsource(work_in_python)), "python")
        client = Client(connection, failures=stage.of("app"))
        work_in_python(connection, client)
        for tenant_id, people in ((MEADOW, ("Anna", "Bo")), (HARBOUR, ("Clara",))):
            client.log_events(
                [
                    {
                        "action": action,
                        "entity_type": entity_type,
                        "entity_id": f"{entity_type}-{place}",
                        "description": f"{person} {what}",
                        "actor_id": person.lower(),
                        "actor": {"name": person},
                    }
                    for person in people
                    for place, (action, entity_type, what) in enumerate(
                        (
                            ("space_created", "space", "opened a space for the spring term"),
                            ("assistant_created", "assistant", "made the assistant Homework help"),
                            ("file_uploaded", "file", "uploaded timetable.pdf"),
                        ),
                        start=1,
                    )
                ],
                tenant_id=tenant_id,
            )


def turn_toggles(stage: Stage) -> None:
    """Turn a category off and one of its actions on again."""
    stage.head(" 5  Toggles: a category off, and an action of it on all the same ")
    reason = "The storage keeps a log of its own"
    stage.run("admin", "toggle", "category", "file_operations", "off", "--reason", reason)
    stage.run("admin", "toggle", "action", "file_deleted", "on")
    stage.run("admin", "toggle", "list", "file_operations")
    for action, what in (("file_uploaded", "uploaded"), ("file_deleted", "deleted")):
        stage.run(
            "app", "--tenant", MEADOW, "--actor", "anna",
            "log", action, "file", "file-7", "--description", f"Anna {what} menu.pdf",
        )  # fmt: skip


def read(stage: Stage) -> None:
    """Be refused, give a reason, search, and look at one event."""
    stage.head(" 6  Nobody reads without a reason ")
    stage.run("harbour", "search")

    stage.head(" 7  With a reason and a justification, both of them logged ")
    words = ("--reason", "user_support", "--justification", "Bo was locked out this morning")
    stage.run("reader", "search", "Bo", *words, "--limit", "6")
    stage.run("reader", "search", "--category", "audit_control", "--limit", "4")

    stage.head(" 8  One event, whole ")
    with psycopg.connect(stage.of("reader"), autocommit=True) as connection:
        newest = Client(connection).search_events(filter={"action": "user_created"}, page_size=1)
        member = Client(connection).search_events(filter={"action": "member_created"}, page_size=1)
    stage.run("reader", "show", str(newest[0].id))

    stage.head(" 9  What happened to the row itself, and the SQL that would undo it ")
    stage.run("reader", "history", "pgwitness_demo.member", str(member[0].entity_id))
    stage.run("reader", "revert", str(member[0].id))


def retain(stage: Stage) -> None:
    """Hold an event that has expired, and purge the others."""
    stage.head(" 10  Events are kept for 365 days unless told; what is held stays ")
    moment = datetime.now(UTC) - timedelta(days=400)
    with psycopg.connect(stage.of("admin"), autocommit=True) as connection:
        Client(connection).import_events(
            [
                {
                    "action": "assistant_created",
                    "entity_type": "assistant",
                    "entity_id": f"old-{number}",
                    "description": f"Anna made an assistant, number {number}",
                    "occurred_at": moment.isoformat(),
                    "idempotency_key": f"old-{number}",
                }
                for number in range(1, 6)
            ],
            reason="The log of the system before this one",
        )
    stage.run("admin", "retention", "show")
    stage.run(
        "admin", "hold", "place", "Case 4711", "--entity-type", "assistant",
        "--entity-id", "old-3", "--reason", "Asked for by the court",
    )  # fmt: skip
    stage.run("admin", "retention", "preview")
    stage.run("operator", "retention", "run", "--yes")
    stage.run("admin", "hold", "list")


def retain_conversations(stage: Stage) -> None:
    """Declare how long the application's own rows are kept, look, arm and purge."""
    stage.head(" 11  Conversations: an assistant's days, else its space's, else the tenant's ")
    with psycopg.connect(stage.dsn) as connection:
        connection.execute(CREATE_CONVERSATIONS.encode())
    stage.show(DEFINE_RETENTION, "sql")
    with psycopg.connect(stage.of("operator"), autocommit=True) as connection:
        connection.execute(DEFINE_RETENTION.encode())
    questions = "pgwitness_demo.questions"
    stage.run("operator", "data-retention", "preview", questions)
    reason = "As decided by the board"
    stage.run("operator", "data-retention", "arm", questions, "--yes", "--reason", reason)
    stage.run("operator", "data-retention", "run", "--yes")

    stage.head(" 12  Purges and partitions are jobs: of pg_cron, cron, systemd or a service ")
    stage.run("operator", "jobs", "list")


def take_out(stage: Stage) -> None:
    """Stream events into a file, have the database write others, or a worker into a directory."""
    stage.head(" 13  Taking events out, straight or as a job; all of it is logged ")
    with tempfile.TemporaryDirectory() as folder:
        file = f"{folder}/created.csv"
        created = ("--filter", '{"action": "user_created"}')
        stage.run("reader", "export", "--format", "csv", *created, "-o", file)
        stage.show(Path(f"{file}.manifest.json").read_text(), "json")
        stage.run("reader", "export", "request", *created)
        stage.run("operator", "export", "run")
        stage.run("reader", "export", "request", "--format", "csv", *created)
        stage.run("reader", "export", "run", "--directory", folder)
        stage.run("reader", "export", "list")
    stage.run("reader", "search", "--action", "audit_log_exported", "--limit", "4")


def swear(stage: Stage) -> None:
    """Seal, keep a checkpoint, prove a case without the database, and find what was changed."""
    stage.head(" 14  Sealed every minute, and proven without the database ")
    with psycopg.connect(stage.of("operator"), autocommit=True) as connection:
        Client(connection).seal_events()
    stage.run("operator", "verify")
    with tempfile.TemporaryDirectory() as folder:
        key, keys, kept, case = (
            f"{folder}/{name}" for name in ("log.key", "keys.txt", "checkpoint.txt", "case.zip")
        )
        stage.run("operator", "key", "new", key)
        signing = notes.load_signing_key(Path(key))
        Path(keys).write_text(f"{signing.public if signing else ''}\n", encoding="utf-8")
        stage.run("operator", "checkpoint", "--key", key, "-o", kept)
        stage.show(Path(kept).read_text(encoding="utf-8"), "text")
        created = ("--filter", '{"action": "user_created"}')
        evidence = ("evidence", *created, "-o", case, "--key", key)
        stage.run("reader", *evidence, "--checkpoint", kept, "--keys", keys)
        stage.run("nobody", "verify", case, "--key", keys)
    tamper(stage)


def tamper(stage: Stage) -> None:
    """Change an event as only a superuser can, have it found, and take it back."""
    with psycopg.connect(stage.dsn) as connection:
        if connection.info.parameter_status("is_superuser") != "on":
            stage.say("\nThis login is no superuser, so nobody here could change an event.")
            return
        stage.say("\nA superuser turns the triggers off and changes what an event says:")
        stage.show(TAMPER, "sql")
        connection.execute(TAMPER.encode())
        verify = "select kind, event_id, occurred_at, detail from audit.verify_events();"
        stage.show(verify, "sql")
        for kind, event_id, occurred_at, detail in connection.execute(verify.encode()):
            stage.say(f"{kind}  {event_id}  {occurred_at}  {detail}")
        connection.rollback()
    stage.say("That was rolled back.")
    stage.run("operator", "verify")


def say_goodbye(stage: Stage, psql: str, place: str) -> None:
    """Print how to connect and what to try.

    Args:
        stage: Where to print.
        psql: The program.
        place: Connection string for a shell, in double quotes where it needs them; no password.
    """
    stage.head(" Try it ")
    stage.say(f"PGOPTIONS='-c role={PREFIX}reader' {psql} {place}\n")
    stage.show(
        """
select occurred_at, action, description from audit.event order by occurred_at desc limit 5;
select description, metadata from audit.search_events(filter => '{"action": "audit_log_viewed"}');
select * from audit.list_access();
update audit.event set description = 'nothing happened';  -- refused
""",
        "sql",
    )
    stage.say(f"\nexport PGWITNESS_DSN={place} PGOPTIONS='-c role={PREFIX}admin'")
    stage.say("pgwitness toggle list\npgwitness doctor\npgwitness --lang sv search\n")


def to_json(value: Any) -> sql.Composable:
    """Write a value as a JSON literal of SQL."""
    return sql.SQL("{}::json").format(sql.Literal(Json(value)))


def wait_for_the_end(stage: Stage) -> None:
    """Say so and wait for Ctrl-C, or for a signal to end."""

    def end(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    with suppress(KeyboardInterrupt):
        for number in (signal.SIGINT, signal.SIGTERM):  # a shell's background jobs ignore the first
            signal.signal(number, end)
        stage.say("The server is up until Ctrl-C.")
        sys.stdout.flush()
        while True:
            time.sleep(1)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--keep", is_flag=True, help="Keep the server until Ctrl-C, terminal or not.")
def main(keep: bool) -> None:
    """Show pgwitness at work, on a throw-away server or on PGWITNESS_DSN."""
    named = os.environ.get("PGWITNESS_DSN")
    for variable in ("TENANT", "ACTOR", "ACTOR_TYPE", "ACCESS"):
        os.environ.pop(f"PGWITNESS_{variable}", None)
    try:
        if named:
            stage = Stage(named)
            play(stage)
            say_goodbye(stage, "psql", '"$PGWITNESS_DSN"')
        else:
            play_on_own_server(keep=keep or sys.stdout.isatty())
    except (ServerMissing, ServerFailed) as error:
        raise click.ClickException(str(error)) from error
    except (PgwitnessError, psycopg.Error) as error:
        print_error(error)
        sys.exit(1)


def play_on_own_server(*, keep: bool) -> None:
    """Show all of it on a server that is gone afterwards.

    Args:
        keep: Leave the server up until Ctrl-C.
    """
    screen = console(stderr=True)
    with screen.status("PostgreSQL starts"):
        server = Server()
    with server:
        with psycopg.connect(server.dsn(), autocommit=True) as connection:
            connection.execute("create database demo")
        stage = Stage(server.dsn("demo"))
        stage.say(
            f"PostgreSQL {server.major()} from {server.binaries}, only for this demonstration."
        )
        play(stage)
        bundled = None if shutil.which("psql") else shutil.which("psql", path=server.binaries)
        say_goodbye(stage, bundled or "psql", f'"{stage.dsn}"')
        if keep:
            wait_for_the_end(stage)
            stage.say("Stopped.")
        else:
            stage.say(
                "The server is stopped now, since nobody sits at a terminal: "
                "python -m pgwitness.demo --keep leaves it up."
            )


if __name__ == "__main__":
    main()
