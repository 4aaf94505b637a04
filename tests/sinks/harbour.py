"""A log whose events leave through sinks: who defines, approves and ships them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from integrity.laboratory import Laboratory, open_laboratory
from walls.ledger import REASON, Connection, call, rows

from databases import TENANTS, Database

Row = dict[str, Any]


@dataclass
class Harbour(Laboratory):
    """A laboratory with a consumer of sinks."""

    shipper: Connection = field(kw_only=True)

    def define(self, name: str = "siem", kind: str = "custom", **given: Any) -> bool:
        """Define a sink for the shipper; `options`, `filter`, `tenant_ids` as given."""
        role = given.pop("role", self.shipper.info.user)
        tenant_ids = given.pop("tenant_ids", None)
        row = self.operator.execute(
            "select audit.define_sink(name => %s, kind => %s, role => %s, options => %s, "
            "filter => %s, tenant_ids => %s::uuid[])",
            (name, kind, role, Jsonb(given.pop("options", {})), Jsonb(given.pop("filter", {})),
             tenant_ids),
        ).fetchone()  # fmt: skip
        assert not given
        assert row is not None
        return bool(row[0])

    def digest(self, name: str = "siem") -> str:
        return str(self.sink(name)["digest"])

    def sink(self, name: str = "siem", tenant: str | None = None) -> Row:
        """What the operator, or a tenant's administrator, is told about a sink."""
        connection = self.admin_of(tenant) if tenant else self.operator
        [found] = [row for row in rows(connection, "list_sinks") if row["name"] == name]
        return found

    def approve(self, tenant: str = "a", name: str = "siem") -> bool:
        return bool(
            call(
                self.admin_of(tenant),
                "approve_sink",
                name=name,
                digest=self.digest(name),
                reason=REASON,
            )
        )

    def withdraw(self, tenant: str = "a", name: str = "siem") -> bool:
        return bool(call(self.admin_of(tenant), "withdraw_sink_approval", name=name, reason=REASON))

    def open(self, *tenants: str, name: str = "siem", **given: Any) -> None:
        """Define a sink that begins with the first event, and have tenants approve it."""
        given["options"] = {"start": "beginning"} | given.get("options", {})
        assert self.define(name, **given)
        for tenant in tenants:
            assert self.approve(tenant, name)

    def read(
        self,
        batch_size: int = 10000,
        name: str = "siem",
        after: str | None = None,
        shipper: Connection | None = None,
    ) -> list[Row]:
        return rows(
            shipper or self.shipper, "read_sink", name=name, batch_size=batch_size, after=after
        )

    def acknowledge(
        self, cursor: str, name: str = "siem", shipper: Connection | None = None
    ) -> bool:
        return bool(call(shipper or self.shipper, "acknowledge_sink", name=name, cursor=cursor))

    def drain(
        self, name: str = "siem", batch_size: int = 10000, shipper: Connection | None = None
    ) -> list[Row]:
        """Take everything there is, acknowledging each batch; gives the events."""
        taken: list[Row] = []
        while batch := self.read(batch_size, name, shipper=shipper):
            assert self.acknowledge(batch[-1]["cursor"], name, shipper)
            taken += [row for row in batch if row["event_id"] is not None]
        return taken

    def carried(self, *tenants: str, where: str = "true") -> list[UUID]:
        """Ids of stored events of tenants in the order of the log of seals."""
        listed = self.all(
            f"""
            select l.id
            from audit_private.seal s
            join audit_private.seal_part p using (tenant_id, seal_number)
            cross join unnest(p.times, p.ids) with ordinality as l (occurred_at, id, place)
            join audit_private.event e on (e.tenant_id, e.occurred_at, e.id) =
              (s.tenant_id, l.occurred_at, l.id)
            where s.tenant_id = any (%s) and {where}
            order by s.log_index, p.part, l.place
            """,
            [TENANTS[tenant] for tenant in tenants],
        )
        return [row["id"] for row in listed]


def ids(found: list[Row]) -> list[UUID]:
    """Ids of the events in a batch."""
    return [row["event_id"] for row in found if row["event_id"] is not None]


def content(row: Row) -> Any:
    """The event that a row of JSON Lines holds."""
    return json.loads(row["content"])


def open_harbour(database: Database) -> Harbour:
    """Connect everybody."""
    laboratory = open_laboratory(database)
    connections = {name: getattr(laboratory, name) for name in laboratory.__dataclass_fields__}
    return Harbour(**connections, shipper=database.connect(database.role("shipper")))
