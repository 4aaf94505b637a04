"""A log to be sealed, forged and verified: what its lists hold, and an intruder with all rights."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from integrity import reference
from retention.vault import Vault, open_vault
from walls.ledger import Connection, call, log, log_batch, rows

from databases import Database

Finding = dict[str, Any]

CHANGEABLE = """
    create or replace function audit_private.refuse_change() returns trigger
    language plpgsql as 'begin return null; end'
"""

PLACES = {"actor_id": 1, "entity_id": 2, "payload": 3}
CONTENTS = {
    "actor_id": "actor_id = 'erased-' || gen_random_uuid()",
    "entity_id": "entity_id = null",
    "payload": "description = null, actor = null, target = null, changes = null, metadata = null, "
    "ip = null, user_agent = null, request_id = null, error_message = null",
}


@dataclass
class Laboratory(Vault):
    """A vault with an auditor, applications of both tenants and an intruder."""

    auditor: Connection = field(kw_only=True)
    app: Connection = field(kw_only=True)
    app_b: Connection = field(kw_only=True)

    def seal(self) -> None:
        """Run the sealer, which has to succeed."""
        self.operator.execute("call audit.seal_events()")
        row = self.value(
            "select result || ': ' || detail from audit_private.job_run "
            "where job_name = 'seal_events' order by started_at desc limit 1"
        )
        assert row.startswith("succeeded"), row

    def value(self, query: str, *values: Any) -> Any:
        """Give the one value of a query behind the scenes."""
        row = self.root.execute(query.encode(), values).fetchone()
        assert row is not None, query
        (found,) = row.values()
        return found

    def all(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """Give the rows of a query behind the scenes."""
        return self.root.execute(query.encode(), values).fetchall()

    def write(self, number: int = 1, app: Connection | None = None) -> list[UUID]:
        """Log plain events as tenant a's application unless told; gives their ids."""
        found = [log(app or self.app, description=f"event {n}") for n in range(number)]
        return [event_id for event_id in found if event_id is not None]

    def write_many(self, number: int) -> None:
        """Log a batch as tenant a's application."""
        assert log_batch(self.app, [{"description": f"event {n}"} for n in range(number)]) == (
            number,
            0,
        )

    def look(self, connection: Connection | None = None, **arguments: Any) -> list[Finding]:
        """Verify as the auditor unless told; without what tests set and erase by hand."""
        found = rows(connection or self.auditor, "verify_events", **arguments)
        by_hand = ("untold_setting", "unexplained_erasure")
        return [finding for finding in found if finding["kind"] not in by_hand]

    def kinds(self, **arguments: Any) -> Counter[str]:
        """Which kinds of findings there are, and how many of each."""
        return Counter(finding["kind"] for finding in self.look(**arguments))

    def event(self, event_id: UUID) -> dict[str, Any]:
        """An event as it is stored."""
        [found] = self.all("select * from audit_private.event where id = %s", event_id)
        return found

    def listed(self) -> list[tuple[UUID, int, datetime, UUID, bytes]]:
        """Every entry of every list, with the leaf that it has there."""
        found = self.all(
            """
            select p.tenant_id, p.seal_number, l.occurred_at, l.id,
              substr(p.leaves, l.place::integer * 32 - 31, 32) as leaf
            from audit_private.seal_part p
            cross join unnest(p.times, p.ids) with ordinality as l (occurred_at, id, place)
            order by p.tenant_id, p.seal_number, p.part, l.place
            """
        )
        return [tuple(row.values()) for row in found]

    def sealed_ids(self) -> list[UUID]:
        return [entry[3] for entry in self.listed()]

    def events(self) -> set[UUID]:
        """Ids of all events that are stored."""
        return {row["id"] for row in self.all("select id from audit_private.event")}

    def intrude(self, statement: str, *values: Any) -> int:
        """Do what only a superuser can, after turning off what stands in the way."""
        self.is_tampered_with = True
        self.root.execute(CHANGEABLE.encode())
        return self.root.execute(statement.encode(), values).rowcount

    def check_chains(self) -> None:
        """Seals, lists and the log are what the reference makes of them, each event in one list."""
        listed = self.listed()
        times = Counter((tenant, event_id) for tenant, _, _, event_id, _ in listed)
        assert {key for key, number in times.items() if number != 1} == set()
        assert {event_id for _, event_id in times} == self.events()
        leaves: dict[tuple[UUID, int], list[bytes]] = {}
        places: dict[tuple[UUID, int], list[tuple[datetime, bytes]]] = {}
        for tenant, number, moment, event_id, leaf in listed:
            leaves.setdefault((tenant, number), []).append(leaf)
            places.setdefault((tenant, number), []).append((moment, event_id.bytes))
        last: dict[UUID, dict[str, Any]] = {}
        tree = []
        for index, seal in enumerate(
            self.all("select * from audit_private.seal order by log_index")
        ):
            key = seal["tenant_id"], seal["seal_number"]
            before = last.get(seal["tenant_id"])
            assert seal["log_index"] == index
            assert places.get(key, []) == sorted(places.get(key, []))
            assert seal["events_root"] == reference.root(leaves.get(key, []))
            assert seal["event_count"] == len(leaves.get(key, []))
            assert seal["seal_number"] == (before["seal_number"] if before else 0) + 1
            assert seal["running_count"] == (
                (before["running_count"] if before else 0) + seal["event_count"]
            )
            assert seal["previous"] == (before["seal_hash"] if before else bytes(32))
            assert seal["seal_hash"] == reference.leaf(
                reference.seal_entry(seal, self.origin(seal))
            )
            last[seal["tenant_id"]] = seal
            tree.append(seal["seal_hash"])
        assert self.value("select log_size from audit_private.sealing") == len(tree)
        assert self.value("select audit_private.log_hash(0, %s)", len(tree)) == reference.root(tree)
        assert self.look() == []

    def check_chains_after_purges(self) -> None:
        """What is stored is in one list and not noted as removed; nothing is found."""
        places = {
            (row["tenant_id"], row["seal_number"], row["part"]): row["places"]
            for row in self.all(
                "select p.tenant_id, p.seal_number, p.part, "
                "audit_private.removed_places(p.tenant_id, p.seal_number, p.part)::text as places "
                "from audit_private.seal_part p"
            )
        }
        present: Counter[UUID] = Counter()
        for part in self.all(
            "select tenant_id, seal_number, part, ids from audit_private.seal_part"
        ):
            removed = places[part["tenant_id"], part["seal_number"], part["part"]] or "0" * 1024
            present.update(i for i, bit in zip(part["ids"], removed, strict=False) if bit == "0")
        assert set(present) == self.events()
        assert set(present.values()) <= {1}
        assert self.look() == []

    def origin(self, seal: dict[str, Any]) -> str:
        installation = self.value("select installation_id from audit_private.instance")
        return f"pgwitness/{installation}/{seal['epoch']}"

    def erase(self, event_id: UUID, group: str) -> None:
        """Erase a group as FORMAT.md lays down, as the keeper."""
        salts = " || ".join(
            "decode(repeat('00', 32), 'hex')"
            if name == group
            else f"coalesce(substr(derived_salts, {place * 32 - 31}, 32), "
            f"sha256(uuid_send(salt) || '{name}'))"
            for name, place in PLACES.items()
        )
        with self.root.transaction():
            self.root.execute("set local role audit_keeper")
            done = self.root.execute(
                f"update audit_private.event e set {group}_digest = "
                f"audit_private.{group}_digest(e), derived_salts = {salts}, salt = null, "
                f"{CONTENTS[group]} where id = %s".encode(),
                (event_id,),
            )
            assert done.rowcount == 1

    def checkpoint(self) -> dict[str, Any]:
        """Make a checkpoint as the auditor."""
        [found] = rows(self.auditor, "create_checkpoint")
        del found["sealed_until"]
        return found

    def compare(self, checkpoint: dict[str, Any]) -> list[str]:
        """What the auditor is told that the log has lost of a checkpoint."""
        return [
            finding["kind"] for finding in rows(self.auditor, "verify_checkpoint", **checkpoint)
        ]

    def health(self) -> dict[str, dict[str, Any]]:
        return {row["check_name"]: row for row in rows(self.operator, "check_health")}

    def open_access(self, persona: str = "reader", tenant: str | None = None) -> Connection:
        return self.reader(persona, tenant)

    def prove(self, reader: Connection, event_id: UUID) -> dict[str, Any]:
        found: dict[str, Any] = call(reader, "prove_event", event_id=event_id)
        return found


def prove_many(
    reader: Connection, ids: Sequence[UUID | None] | None, tree_size: int | None = None
) -> list[tuple[UUID, dict[str, Any] | None]]:
    """Prove events in a log of a size; gives what each comes with."""
    return reader.execute(
        "select event_id, proof from audit.prove_events(%s::uuid[], %s)",
        (None if ids is None else list(ids), tree_size),
    ).fetchall()


def open_laboratory(database: Database) -> Laboratory:
    """Connect everybody."""
    vault = open_vault(database)
    return Laboratory(
        **vars(vault),
        auditor=database.connect(database.role("auditor")),
        app=database.connect(database.role("app")),
        app_b=database.connect(database.role("app", "b")),
    )
