"""A log that is archived by a sink of kind parquet: its folder, its shipper, and what is in it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from pgwitness.archiving import rows as archived
from pgwitness.archiving.folder import Folder
from pgwitness.archiving.manifest import LINKS, SUFFIX, manifest_of
from pgwitness.archiving.verifying import Verification, verify
from pgwitness.archiving.writing import ArchiveWriter, Written
from pgwitness.client import Client
from pgwitness.evidence.checkpoints import Checkpoint
from pgwitness.models import SinkEvent
from retention.vault import old
from sinks.harbour import Harbour, open_harbour
from walls.ledger import REASON, Connection, call

from databases import TENANTS, Database

SINK = "archive"


@dataclass
class Stacks(Harbour):
    """A harbour with an archive.

    Attributes:
        address: of the archive.
    """

    address: str = field(kw_only=True)

    @property
    def folder(self) -> Folder:
        return Folder(self.address)

    @property
    def path(self) -> Path:
        return Path(self.address.removeprefix("file://"))

    def define_archive(self, *tenants: str, name: str = SINK, **options: Any) -> None:
        """Define the sink, from the first event on, and have tenants approve it."""
        self.open(*tenants, name=name, kind="parquet", options={"url": self.address} | options)

    def batch(self, size: int = 10000, after: str | None = None) -> list[SinkEvent]:
        return [SinkEvent(**row) for row in self.read(size, SINK, after)]

    def writer(self, shipper: Connection | None = None) -> ArchiveWriter:
        return ArchiveWriter(Client(shipper or self.shipper), SINK, self.folder)

    def prove_sink(
        self,
        event_ids: list[UUID],
        name: str = SINK,
        tenant_id: UUID = TENANTS["a"],
        shipper: Connection | None = None,
    ) -> Any:
        row = (shipper or self.shipper).execute(
            "select audit.prove_sink(name => %s, tenant_id => %s, event_ids => %s::uuid[])",
            (name, tenant_id, event_ids),
        ).fetchone()  # fmt: skip
        assert row is not None
        return row[0]

    def archive(self, size: int = 10000) -> list[Written]:
        """Seal, and archive everything that there is, acknowledging each batch."""
        self.seal()
        writer, written = self.writer(), []
        while batch := self.batch(size):
            written += writer.write(batch)
            assert self.acknowledge(batch[-1].cursor, SINK)
        return written

    def files(self) -> list[str]:
        return [name for name in self.folder.names() if name.endswith(SUFFIX)]

    def rows(self, *tenants: str) -> dict[UUID, archived.Row]:
        """Rows of tenants' files by id; no event may stand there twice."""
        found: dict[UUID, archived.Row] = {}
        for file in self.files():
            if any(f"tenant_id={TENANTS[tenant]}/" in file for tenant in tenants):
                for row in archived.read(self.folder.read(file)):
                    assert UUID(row["id"]) not in found
                    found[UUID(row["id"])] = row
        return found

    def noted(self, tenant: str | None = None) -> list[dict[str, Any]]:
        """Files as the operator is told of them."""
        where = "true" if tenant is None else "tenant_id = %(tenant)s"
        with self.operator.cursor() as cursor:
            cursor.execute(
                f"select row_to_json(a) from audit.list_archives() a where {where} order by file",
                {"tenant": TENANTS.get(tenant or "")},
            )
            return [row[0] for row in cursor]

    def verify(self, checkpoint: Checkpoint | None = None) -> Verification:
        return verify(self.folder, checkpoint)

    def archive_kinds(self, checkpoint: Checkpoint | None = None) -> Counter[str]:
        """Which kinds of findings verifying the archive has, and how many of each."""
        return Counter(found.kind for found in self.verify(checkpoint).findings)

    def head(self) -> Checkpoint:
        """The log as it is now, as a checkpoint says it."""
        head = Client(self.auditor).create_checkpoint()
        return Checkpoint(head.origin, head.tree_size, head.root_hash)

    def edit(self, file: str, change: Callable[[list[archived.Row]], list[archived.Row]]) -> None:
        """Change a file as somebody does who knows nothing of manifests."""
        rows = archived.read((self.path / file).read_bytes())
        (self.path / file).write_bytes(archived.write(change(rows)))

    def edit_manifest(self, file: str, change: Callable[[dict[str, Any]], None]) -> None:
        path = self.path / manifest_of(file)
        document = json.loads(path.read_text())
        change(document)
        path.write_text(json.dumps(document))

    def links(self) -> list[str]:
        return self.folder.names(LINKS)

    def set_hot_days(self, days: int | None, tenant: str = "a", name: str | None = SINK) -> None:
        """Set how long archived events stay, and let the delay pass."""
        call(self.admin_of(tenant), "set_hot_days", days=days, name=name, reason=REASON)
        self.pass_delay()

    def pass_delay(self) -> None:
        super().pass_delay()
        self.root.execute(
            "update audit_private.hot_policy set takes_effect_at = clock_timestamp() "
            "where takes_effect_at > clock_timestamp()"
        )

    def bring_old(self, *descriptions: str, days: float = 120, tenant: str = "a") -> list[UUID]:
        """Import events of one day, oldest first."""
        day = datetime.now(UTC).replace(hour=12) - timedelta(days=days)
        return self.bring(
            *(
                old(day + timedelta(seconds=n), description=description)
                for n, description in enumerate(descriptions)
            ),
            tenant=tenant,
        )


def open_stacks(database: Database, address: str) -> Stacks:
    """Connect everybody."""
    harbour = open_harbour(database)
    connections = {name: getattr(harbour, name) for name in harbour.__dataclass_fields__}
    return Stacks(**connections, address=address)
