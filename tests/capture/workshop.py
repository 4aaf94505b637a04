"""A schema whose owner watches its tables, and the people who change and read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import DictRow, dict_row

from databases import Database

CUSTOMER = """
create table app.customer (
  id bigint primary key,
  tenant_id uuid not null,
  name text,
  email text,
  ssn text,
  balance numeric,
  touched_at timestamptz
)
"""


@dataclass
class Workshop:
    """A database with a schema `app` of its own.

    Attributes:
        database: Where it is.
        owner: A plain login that owns the schema, and is an operator of the log.
        behind: A superuser, for looking at what was written.
    """

    database: Database
    owner: psycopg.Connection[Any]
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

    def make_blind_collation(self, locale: str) -> None:
        """Make the collation app.blind, for which texts that differ may be equal."""
        try:
            self.make(
                "create collation app.blind "
                f"(provider = icu, locale = '{locale}', deterministic = false)"
            )
        except psycopg.errors.FeatureNotSupported:
            pytest.skip("this server was built without ICU, so every collation tells texts apart")

    def watch(
        self, relation: str = "app.customer", entity_type: str = "customer", **options: Any
    ) -> bool:
        """Watch a table as its owner, with the column tenant_id unless told."""
        options = {"tenant_column": "tenant_id"} | options
        given = sql.SQL(", ").join(
            sql.SQL("{} => {}").format(sql.SQL(name), sql.Placeholder(name)) for name in options
        )
        row = self.owner.execute(
            sql.SQL("select audit.watch(%(relation)s, %(entity_type)s, {})").format(given),
            {"relation": relation, "entity_type": entity_type} | options,
        ).fetchone()
        assert row is not None
        return bool(row[0])

    def app(self, tenant: str = "a") -> psycopg.Connection[Any]:
        """Connect as the application of one tenant, in autocommit."""
        return self.database.connect(self.database.role("app", tenant))

    def reader(self, tenant: str = "a") -> psycopg.Connection[DictRow]:
        """Connect as a tenant's reader, with an open access session."""
        connection = self.database.connect(self.database.role("reader", tenant))
        connection.execute(
            "select audit.open_access('audit_review', 'reading captured changes in a test')"
        )
        connection.row_factory = dict_row
        return connection

    def events(self, entity_type: str = "customer", **columns: Any) -> list[dict[str, Any]]:
        """Every captured event of an entity type in the order of writing, seen from behind."""
        condition = sql.SQL("").join(
            sql.SQL(" and {} = {}").format(sql.Identifier(name), sql.Placeholder(name))
            for name in columns
        )
        return self.behind.execute(
            sql.SQL(
                "select * from audit_private.event where source = 'captured' "
                "and entity_type = %(type)s{} order by sequence"
            ).format(condition),
            {"type": entity_type} | columns,
        ).fetchall()

    def told(self, entity_type: str = "customer") -> list[tuple[str, str | None]]:
        """Action (without the entity type) and entity id of each event, in the order of writing."""
        return [
            (event["action"].removeprefix(f"{entity_type}_"), event["entity_id"])
            for event in self.events(entity_type)
        ]


def open_workshop(database: Database) -> Workshop:
    """Make the schema, which everybody may use, and whose tables everybody may change."""
    role = database.role("owner")
    with database.superuser() as administrator:
        administrator.execute(
            sql.SQL("create schema app authorization {}").format(sql.Identifier(role))
        )
    owner = database.connect(role)
    owner.execute("grant usage on schema app to public")
    owner.execute(
        "alter default privileges in schema app "
        "grant select, insert, update, delete, truncate on tables to public"
    )
    behind = database.superuser()
    behind.row_factory = dict_row
    return Workshop(database, owner, behind)
