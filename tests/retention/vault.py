"""A log with a past: old events of two tenants, purges in one or by step, and time that passes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic, sleep
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg.rows import DictRow, dict_row

from walls.ledger import EVENT, REASON, Connection, call, rows

from databases import TENANTS, Database

DAY = timedelta(days=1)
MICROSECOND = timedelta(microseconds=1)


def ago(days: float) -> datetime:
    """Give the moment that many days before now."""
    return datetime.now(UTC) - timedelta(days=days)


def old(moment: datetime | float = 400, **fields: Any) -> dict[str, Any]:
    """Make an event of the past, by default one that has expired, with its partition, for all."""
    occurred_at = moment if isinstance(moment, datetime) else ago(moment)
    event = EVENT | {"occurred_at": occurred_at.isoformat(), "idempotency_key": str(uuid4())}
    return event | fields


@dataclass
class Run:
    """A purge that is called step by step, each a transaction of its own."""

    operator: Connection
    run_id: UUID

    def _call(self, step: str) -> Any:
        row = self.operator.execute(f"select audit_private.{step}(%s)", (self.run_id,)).fetchone()
        assert row is not None
        return row[0]

    def predict(self) -> str | None:
        refusal: str | None = self._call("predict_purge")
        return refusal

    def step(self) -> str:
        return str(self._call("purge_step"))

    def steps(self) -> None:
        """Take every step that is left; the test fails where one can't be taken."""
        while (state := self.step()) != "done":
            assert state == "more"

    def finish(self) -> None:
        self._call("finish_purge")


@dataclass
class Vault:
    """A database, its administrators, and a look behind the scenes."""

    database: Database
    admin: Connection
    admin_b: Connection
    operator: Connection
    root: psycopg.Connection[DictRow]
    is_tampered_with: bool = False

    def admin_of(self, tenant: str) -> Connection:
        return {"a": self.admin, "b": self.admin_b}[tenant]

    def bring(self, *events: dict[str, Any], tenant: str = "a") -> list[UUID]:
        """Import events as the tenant's administrator; gives their ids."""
        found = rows(self.admin_of(tenant), "import_events", events=list(events), reason=REASON)
        assert {row["result"] for row in found} == {"imported"}, found
        return [row["event_id"] for row in found]

    def fill(self, number: int, moment: datetime, tenant: str = "a", description: str = "") -> None:
        """Put many events behind the scenes, three a microsecond."""
        self.root.execute(
            """
            insert into audit_private.event (
              tenant_id, occurred_at, id, recorded_at, sequence, transaction_id, salt, source,
              action, entity_type, actor_type, outcome, recorded_by, description, entity_id)
            select %s, m.at, audit_private.new_event_id(m.at, g.n), m.at, g.n,
              i.transaction_offset + txid_current(),
              gen_random_uuid(), 'imported', 'user_created', 'user', 'user', 'success', 'test', %s,
              (g.n %% 20000)::text
            from generate_series(1, %s) as g (n)
            cross join lateral (
              select %s::timestamptz + g.n / 3 * interval '1 microsecond'
            ) as m (at)
            cross join audit_private.instance i
            """,
            (TENANTS[tenant], description or f"of {tenant}", number, moment),
        )

    def set_retention(
        self, days: int | None, tenant: str = "a", is_exact: bool | None = None
    ) -> None:
        """Set a retention as the administrator does, and let the delay pass."""
        call(self.admin_of(tenant), "set_retention", days=days, is_exact=is_exact, reason=REASON)
        self.pass_delay()

    def set_floor(self, category: str, days: int | None) -> None:
        """Set a floor as the operator does, and let the delay pass."""
        call(self.operator, "set_retention_floor", category=category, days=days, reason=REASON)
        self.pass_delay()

    def pass_delay(self) -> None:
        """Let what waits to take effect do so, as though its days had passed."""
        for table in ("retention_policy", "retention_floor"):
            self.root.execute(
                f"update audit_private.{table} set takes_effect_at = clock_timestamp() "
                "where takes_effect_at > clock_timestamp()"
            )

    def hold(self, name: str, filter: dict[str, Any], tenant: str = "a") -> None:
        assert call(self.admin_of(tenant), "place_hold", name=name, filter=filter, reason=REASON)

    def purge(self) -> None:
        self.operator.execute("call audit.purge_events()")

    def seal(self) -> None:
        self.operator.execute("call audit.seal_events()")

    def findings(self) -> list[str]:
        """What verifying finds wrong, but for policies whose delay a test let pass."""
        found = [row["kind"] for row in rows(self.operator, "verify_events")]
        return [kind for kind in found if kind != "untold_setting"]

    def begin(self, operator: Connection | None = None) -> Run:
        """Begin a run of one's own, to be taken further step by step."""
        connection = operator or self.operator
        self.seal()
        row = connection.execute(
            "select audit_private.begin_run('purge_events', pg_backend_pid())"
        ).fetchone()
        assert row is not None
        assert row[0] is not None
        return Run(connection, row[0])

    def left(self, tenant: str | None = None) -> list[str]:
        """What the imported events say that are still stored, oldest first."""
        found = self.root.execute(
            "select description from audit_private.event where source = 'imported' "
            "and (%(tenant)s::uuid is null or tenant_id = %(tenant)s) order by occurred_at, id",
            {"tenant": TENANTS[tenant] if tenant else None},
        ).fetchall()
        return [row["description"] for row in found]

    def stored(self) -> list[dict[str, Any]]:
        """Every imported event with all its columns."""
        return self.root.execute(
            "select * from audit_private.event where source = 'imported' order by id"
        ).fetchall()

    def receipts(self, tenant: str = "a") -> list[dict[str, Any]]:
        """The tenant's receipts, newest first, as the operator sees them."""
        return rows(self.operator, "list_purges", tenant_id=TENANTS[tenant])

    def preview(self, tenant: str = "a") -> dict[str, Any]:
        """What the operator is told that a purge would do with the tenant's events."""
        [row] = rows(self.operator, "preview_purge", tenant_id=TENANTS[tenant])
        return row

    def last_run(self) -> dict[str, Any]:
        row = self.root.execute(
            "select * from audit_private.job_run where job_name = 'purge_events' "
            "order by started_at desc limit 1"
        ).fetchone()
        assert row is not None
        return row

    def partition_of(self, moment: datetime) -> str:
        row = self.root.execute(
            "select partition_name from audit_private.event_partitions() "
            "where %s >= from_time and %s < until_time",
            (moment, moment),
        ).fetchone()
        assert row is not None
        return str(row["partition_name"])

    def reader(self, persona: str = "reader", tenant: str | None = None) -> Connection:
        """Connect as somebody with an open access session."""
        role = self.database.role(persona, tenant)
        connection = self.database.connect(role)
        call(connection, "open_access", access_reason="audit_review", justification=REASON)
        return connection

    def wait_for_lock(self, relation: str, mode: str) -> None:
        """Return once somebody waits for a lock on a table of ours."""
        until = monotonic() + 10
        while monotonic() < until:
            found = self.root.execute(
                "select from pg_locks where relation = %s::regclass and mode = %s and not granted",
                (f"audit_private.{relation}", mode),
            ).fetchone()
            if found is not None:
                return
            sleep(0.002)
        raise AssertionError(f"nobody waited for {mode} on {relation}")


def open_vault(database: Database) -> Vault:
    """Connect everybody."""
    root = psycopg.connect(database.dsn("postgres"), autocommit=True, row_factory=dict_row)
    database._connections.append(root)
    return Vault(
        database,
        database.connect(database.role("admin")),
        database.connect(database.role("admin", "b")),
        database.connect(database.role("operator")),
        root,
    )


@contextmanager
def in_background(act: Callable[[], Any]) -> Iterator[list[BaseException]]:
    """Do something meanwhile; what it raised is in the list once the block has ended."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            act()
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield failures
    finally:
        thread.join(timeout=30)
    assert not thread.is_alive()
