"""A privacy officer at work: what was erased, and what is left of it anywhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.rows import DictRow, dict_row

from exporting.office import Office, open_office
from reading.desk import connect
from retention.vault import Vault
from walls.ledger import REASON, Connection, adapt

from databases import Database

LEAF = "select audit_private.leaf_of_event(e) as leaf from audit_private.event e where e.id = %s"
PAYLOAD = (
    "description",
    "actor",
    "target",
    "changes",
    "metadata",
    "ip",
    "user_agent",
    "request_id",
    "error_message",
)

COLUMNS = """
    select c.oid::regclass::text as table, a.attname::text as column,
      a.atttypid::regtype::text as kind
    from pg_attribute a
    join pg_class c on c.oid = a.attrelid
    where c.relnamespace::regnamespace::text in ('audit', 'audit_private', 'audit_migrations')
      and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
"""

Outcome = tuple[int, int, int]
"""Events erased, events held, exports ended."""


@dataclass
class Bureau:
    """The privacy officers of both tenants, and everybody else."""

    database: Database
    office: Office
    privacy: psycopg.Connection[DictRow]
    privacy_b: psycopg.Connection[DictRow]

    @property
    def vault(self) -> Vault:
        return self.office.vault

    @property
    def root(self) -> psycopg.Connection[DictRow]:
        return self.office.vault.root

    def put(self, tenant: str = "a", **values: Any) -> UUID:
        """Put an event of any shape behind the scenes; gives its id."""
        desk = {"a": self.office.desk, "b": self.office.other}[tenant]
        found: UUID = desk.put(**values)["id"]
        return found

    def get(self, event_id: UUID) -> dict[str, Any]:
        """An event as it is stored."""
        row = self.root.execute(
            "select * from audit_private.event where id = %s", (event_id,)
        ).fetchone()
        assert row is not None
        return row

    def leaf(self, event_id: UUID) -> bytes:
        row = self.root.execute(LEAF, (event_id,)).fetchone()
        assert row is not None
        return bytes(row["leaf"])

    def leaves(self) -> dict[UUID, bytes]:
        """Every event's leaf."""
        found = self.root.execute(
            "select e.id, audit_private.leaf_of_event(e) as leaf from audit_private.event e"
        ).fetchall()
        return {row["id"]: bytes(row["leaf"]) for row in found}

    def groups(self, event_id: UUID) -> set[str]:
        """Which groups of an event are erased; fails where one is half erased."""
        event = self.get(event_id)
        erased = {
            name
            for name in ("actor_id", "entity_id", "payload")
            if event[f"{name}_digest"] is not None
        }
        salts = event["derived_salts"]
        assert (event["salt"] is None) == (salts is not None) == bool(erased)
        if salts is not None:
            assert len(salts) == 96
            for place, name in enumerate(("actor_id", "entity_id", "payload")):
                is_zero = salts[place * 32 : place * 32 + 32] == bytes(32)
                assert is_zero == (name in erased), name
        if "payload" in erased:
            assert [event[name] for name in PAYLOAD] == [None] * len(PAYLOAD)
        if "entity_id" in erased:
            assert event["entity_id"] is None
        return erased

    def erase(
        self, *identifiers: str, connection: Connection | None = None, **arguments: Any
    ) -> Outcome:
        """Erase a person as tenant a's privacy officer, unless told otherwise."""
        return outcome(
            connection or self.privacy,
            "erase_subject",
            **({"identifiers": list(identifiers), "reason": REASON} | arguments),
        )

    def erase_events(
        self, filter: dict[str, Any], connection: Connection | None = None, **arguments: Any
    ) -> Outcome:
        return outcome(
            connection or self.privacy,
            "erase_events",
            **({"filter": filter, "reason": REASON} | arguments),
        )

    def places(self, *texts: str) -> list[str]:
        """Each column of each table of ours that holds one of the texts, whatever its type."""
        found = []
        for place in self.root.execute(COLUMNS).fetchall():
            table, column, kind = place.values()
            name = sql.Identifier(column)
            value = (
                sql.SQL("encode({}, 'escape')").format(name)
                if kind == "bytea"
                else sql.SQL("{}::text").format(name)
            )
            row = self.root.execute(
                sql.SQL("select count(*) from {} where {} ilike any (%s)").format(
                    sql.SQL(table), value
                ),
                ([f"%{text}%" for text in texts],),
            ).fetchone()
            assert row is not None
            if row["count"]:
                found.append(f"{table}.{column}")
        return sorted(found)


def ask(
    connection: Connection | psycopg.Connection[DictRow], function: str, **arguments: Any
) -> list[dict[str, Any]]:
    """Call a function that returns rows; lists of texts go as text[], all else as usual."""
    places = ", ".join(
        f"{name} => %({name})s{'::text[]' if name == 'identifiers' else ''}" for name in arguments
    )
    with connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute(
            f"select * from audit.{function}({places})",
            {n: v if n == "identifiers" else adapt(v) for n, v in arguments.items()},
        )
        return cursor.fetchall()


def outcome(
    connection: Connection | psycopg.Connection[DictRow], function: str, **arguments: Any
) -> Outcome:
    """Call an erasing function; gives its three numbers."""
    [row] = ask(connection, function, **arguments)
    assert isinstance(row["erasure_id"], UUID)
    return row["erased"], row["held"], row["exports"]


def open_bureau(database: Database) -> Bureau:
    """Connect everybody."""
    return Bureau(
        database,
        open_office(database),
        connect(database, database.role("privacy")),
        connect(database, database.role("privacy", "b")),
    )
