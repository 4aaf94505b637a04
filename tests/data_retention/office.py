"""The guide's schema: tenants, spaces, assistants, apps, sessions, questions and app runs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg import sql
from psycopg.rows import DictRow, dict_row

from databases import Database

SCHEMA = """
create table app.tenants (
  id uuid primary key,
  conversation_retention_days integer,
  conversation_retention_enabled boolean not null default false
);
create table app.spaces (
  id uuid primary key default gen_random_uuid(),
  tenant_id uuid not null references app.tenants,
  data_retention_days integer,
  keeps_forever boolean not null default false
);
create table app.assistants (
  id uuid primary key default gen_random_uuid(),
  space_id uuid references app.spaces on delete set null,
  data_retention_days integer,
  keeps_forever boolean
);
create table app.apps (
  id uuid primary key default gen_random_uuid(),
  space_id uuid references app.spaces on delete set null,
  data_retention_days integer
);
create table app.sessions (
  id uuid primary key default gen_random_uuid(),
  tenant_id uuid not null,
  created_at timestamptz not null default now()
);
create table app.questions (
  id uuid primary key default gen_random_uuid(),
  tenant_id uuid,
  session_id uuid references app.sessions,
  assistant_id uuid references app.assistants on delete set null,
  user_id text,
  question text,
  created_at timestamptz default now()
);
create index on app.questions (session_id);
create table app.question_files (
  id bigint generated always as identity primary key,
  question_id uuid not null references app.questions,
  name text
);
create index on app.question_files (question_id);
create table app.app_runs (
  id bigint generated always as identity primary key,
  tenant_id uuid not null,
  app_id uuid references app.apps on delete set null,
  created_at timestamptz not null default now()
);
"""

LEVELS: list[dict[str, Any]] = [
    {
        "name": "assistant",
        "relation": "app.assistants",
        "join": {"assistant_id": "id"},
        "days": "data_retention_days",
        "keep": "keeps_forever",
    },
    {
        "name": "space",
        "relation": "app.spaces",
        "join": {"assistant.space_id": "id"},
        "days": "data_retention_days",
        "keep": "keeps_forever",
    },
    {
        "name": "tenant",
        "relation": "app.tenants",
        "join": {"tenant_id": "id"},
        "days": "conversation_retention_days",
        "enabled": "conversation_retention_enabled",
    },
]

FILES: list[dict[str, Any]] = [
    {"relation": "app.question_files", "join": {"question_id": "id"}},
]

LAST: list[dict[str, Any]] = [
    {"relation": "app.sessions", "join": {"id": "session_id"}, "rule": "with_last"},
]

QUESTIONS = "app.questions"
DECISION = "Disposal decision 2024:7 of the municipal board"
REASON = "as the disposal decision says"


@dataclass
class Office:
    """A database with the guide's schema, and the people who declare and run its retention.

    Attributes:
        database: Where it is.
        owner: A plain login that owns the tables, and is an operator of the log.
        operator: Runs the procedures; has no right on any table of the application.
        behind: A superuser, for setting the scene and looking at what is left.
    """

    database: Database
    owner: psycopg.Connection[DictRow]
    operator: psycopg.Connection[DictRow]
    behind: psycopg.Connection[DictRow]

    @property
    def tenant_a(self) -> UUID:
        return self.database.tenant_a

    @property
    def tenant_b(self) -> UUID:
        return self.database.tenant_b

    def make(self, statements: str) -> None:
        """Run DDL as the owner."""
        self.owner.execute(statements.encode())

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """Query as the superuser."""
        return self.behind.execute(query.encode(), values).fetchall()

    def value(self, query: str, *values: Any) -> Any:
        """Query one value as the superuser."""
        (row,) = self.rows(query, *values)
        return next(iter(row.values()))

    def count(self, table: str = QUESTIONS) -> int:
        """Count the rows of a table of the application."""
        return int(self.value(f"select count(*) from {table}"))

    def add(self, table: str, **columns: Any) -> Any:
        """Insert a row as the superuser and give its id."""
        names = sql.SQL(", ").join(map(sql.Identifier, columns))
        places = sql.SQL(", ").join(map(sql.Placeholder, columns))
        row = self.behind.execute(
            sql.SQL("insert into app.{} ({}) values ({}) returning id").format(
                sql.Identifier(table), names, places
            ),
            columns,
        ).fetchone()
        assert row is not None
        return row["id"]

    def assistant(self, days: int | None = None, tenant: UUID | None = None, **more: Any) -> UUID:
        """Add an assistant in a space of its own."""
        space = self.add(
            "spaces", tenant_id=tenant or self.tenant_a, data_retention_days=more.pop("space", None)
        )
        row: UUID = self.add("assistants", space_id=space, data_retention_days=days, **more)
        return row

    def ask(
        self,
        assistant: UUID | None,
        age: float,
        count: int = 1,
        tenant: UUID | None = None,
        files: int = 0,
        **more: Any,
    ) -> list[UUID]:
        """Add questions that are some days old, with files."""
        found = self.rows(
            "insert into app.questions (tenant_id, assistant_id, created_at, session_id, user_id) "
            "select %s, %s, now() - %s * interval '24 hours', %s, %s from generate_series(1, %s) "
            "returning id",
            tenant or self.tenant_a, assistant, age, more.get("session"), more.get("user"), count,
        )  # fmt: skip
        ids = [row["id"] for row in found]
        if files:
            self.behind.execute(
                "insert into app.question_files (question_id, name) "
                "select id, 'f' || n from unnest(%s::uuid[]) id, generate_series(1, %s) n",
                (ids, files),
            )
        return ids

    def define(self, relation: str = QUESTIONS, **options: Any) -> bool:
        """Declare a table, questions with their files unless told, as its owner."""
        values: dict[str, Any] = {
            "relation": relation,
            "time_column": "created_at",
            "levels": LEVELS,
            "children": FILES if relation == QUESTIONS else [],
            "tenant_column": "tenant_id",
            "decision": DECISION,
        } | options
        given = sql.SQL(", ").join(
            sql.SQL("{} => {}").format(sql.SQL(name), sql.Placeholder(name)) for name in values
        )
        plain = {
            name: json.dumps(value) if isinstance(value, (list, dict)) else value
            for name, value in values.items()
        }
        row = self.owner.execute(
            sql.SQL("select audit.define_data_retention({}) as changed").format(given), plain
        ).fetchone()
        assert row is not None
        return bool(row["changed"])

    def preview(self, relation: str = QUESTIONS) -> list[dict[str, Any]]:
        """Preview as the owner, who arms afterwards."""
        return self.owner.execute(
            "select * from audit.preview_data_purge(%s)", (relation,)
        ).fetchall()

    def arm(self, relation: str = QUESTIONS) -> bool:
        """Preview and arm."""
        self.preview(relation)
        row = self.owner.execute(
            "select audit.arm_data_retention(%s, %s) as changed", (relation, REASON)
        ).fetchone()
        assert row is not None
        return bool(row["changed"])

    def purge(self) -> None:
        """Run the procedure as the operator."""
        self.operator.execute("call audit.purge_data()")

    def receipts(self, relation: str | None = QUESTIONS) -> list[dict[str, Any]]:
        """Give the receipts of the last run, by tenant."""
        return self.rows(
            "select t.* from audit_private.data_purge_receipt t "
            "where (t.relation = %s or %s::text is null) and t.run_id = ("
            "  select run_id from audit_private.job_run where job_name = 'purge_data' "
            "  order by started_at desc limit 1) order by relation, tenant_id",
            relation, relation,
        )  # fmt: skip

    def receipt(self, relation: str = QUESTIONS) -> dict[str, Any]:
        """Give the only receipt of the last run."""
        (found,) = self.receipts(relation)
        return found

    def resolve(self, key: object, relation: str = QUESTIONS) -> dict[str, Any]:
        """Resolve one row as the operator."""
        row = self.operator.execute(
            "select * from audit.resolve_data_retention(%s, %s)", (relation, str(key))
        ).fetchone()
        assert row is not None
        return row

    def days_pass(self, days: float) -> None:
        """Let everything that the log and the application know be that much older."""
        for statement in (
            "update app.questions set created_at = created_at - %(days)s * interval '24 hours'",
            "update app.app_runs set created_at = created_at - %(days)s * interval '24 hours'",
            "update app.sessions set created_at = created_at - %(days)s * interval '24 hours'",
            "update audit_private.data_retention set last_complete_at = "
            "last_complete_at - %(days)s * interval '24 hours'",
            "update audit_private.data_retention_group set took_effect_at = "
            "took_effect_at - %(days)s * interval '24 hours', next_takes_effect_at = "
            "next_takes_effect_at - %(days)s * interval '24 hours'",
            "update audit_private.data_retention_wait set waits_until = "
            "waits_until - %(days)s * interval '24 hours', seen_at = "
            "seen_at - %(days)s * interval '24 hours'",
            "update audit_private.job_run set started_at = "
            "started_at - %(days)s * interval '24 hours'",
        ):
            self.behind.execute(statement.encode(), {"days": days})

    def set_days(self, table: str, row: UUID, days: int | None) -> None:
        """Set the days of an assistant, app or space."""
        self.behind.execute(
            sql.SQL("update app.{} set data_retention_days = %s where id = %s").format(
                sql.Identifier(table)
            ),
            (days, row),
        )

    def option(self, name: str, value: str) -> None:
        """Set an option of the log."""
        self.operator.execute(
            "select audit.set_option(%s, %s, 'set by a test of data retention')", (name, value)
        )

    def hold(self, tenant: str = "a", name: str = "case 1", **filter_keys: Any) -> None:
        """Place a hold as a tenant's administrator."""
        self.database.connect(self.database.role("admin", tenant)).execute(
            "select audit.place_hold(%s, %s, 'asked for by the court')",
            (name, json.dumps(filter_keys)),
        )

    def release(self, tenant: str = "a", name: str = "case 1") -> None:
        """Release it again."""
        self.database.connect(self.database.role("admin", tenant)).execute(
            "select audit.release_hold(%s, 'the court has decided')", (name,)
        )


def open_office(database: Database) -> Office:
    """Make the schema as the persona `owner`, and its two tenants."""
    role = database.role("owner")
    behind = database.superuser()
    behind.execute(sql.SQL("create schema app authorization {}").format(sql.Identifier(role)))
    owner = database.connect(role)
    owner.execute(SCHEMA)
    # Who gives a table's name to a function needs that; purge_data doesn't.
    owner.execute("grant usage on schema app to test_operator")
    operator = database.connect(database.role("operator"))
    for connection in (behind, owner, operator):
        connection.row_factory = dict_row
    office = Office(database, owner, operator, behind)
    for tenant in (database.tenant_a, database.tenant_b):
        office.add("tenants", id=tenant)
    # Small tables lose large shares in tests that are about something else.
    office.option("data_purge_limit_percent", "100")
    return office


def new_id() -> UUID:
    """Give an id of nothing."""
    return uuid4()
