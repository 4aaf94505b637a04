"""Makes the log that is tampered with: two tenants, through the package's own functions alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias
from uuid import UUID

import psycopg

from pgwitness import migrations, resources
from pgwitness.client import Client
from pgwitness.evidence import checkpoints
from pgwitness.evidence.checkpoints import Checkpoint
from pgwitness.evidence.notes import KeyRing, SigningKey
from pgwitness.gameday.detectors import Kept
from pgwitness.gameday.scratch import Scratch, connect
from pgwitness.models import CatalogueEntry, FoundEvent

CURRENT = "log"
OLDER = "older"
"""Names of the scratch databases: the log, and a copy of it from before the last seals."""

ROUNDS = 4
"""How often events are logged and sealed before the older copy is made, and again before the
checkpoint."""

FEWEST = 40
"""Events that a tenant has at least."""

Event: TypeAlias = Mapping[str, Any]
"""An event as `import_events` takes it."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What was read from a real log.

    Attributes:
        catalogue: Its vocabulary.
        events: Its events.
    """

    catalogue: Sequence[CatalogueEntry]
    events: Sequence[FoundEvent]


_TENANTS = (
    UUID("11111111-1111-4111-8111-111111111111"),
    UUID("22222222-2222-4222-8222-222222222222"),
)
_QUIET = UUID("33333333-3333-4333-8333-333333333333")
"""A tenant of few events, of which none has expired."""

_NAMES = {_TENANTS[0]: "Meadow School", _TENANTS[1]: "Harbour Office", _QUIET: "Lake Clinic"}
_REASON = "A game day in a scratch database"
_PERSON = "anna@meadow.example"
_FOLDER = Path(__file__).parent


def prepare(scratch: Scratch, number: int, sample: Sample | None = None) -> Kept:
    """Make the log and its older copy, and give what is kept outside of them.

    Args:
        scratch: Lends the databases.
        number: Events that are made up for each tenant; at least `FEWEST`.
        sample: What was read from a real log; its events become the first tenant's.
    """
    dsn = scratch.create(CURRENT)
    migrations.install(dsn)
    with connect(dsn) as connection:
        client = Client(connection)
        connection.execute((_FOLDER / "tools.sql").read_bytes())
        _begin(connection, client)
        _bring_history(client, number)
        if sample is not None:
            _bring_sample(client, sample)
        access_id = client.open_access("audit_review", _REASON, _TENANTS[0])
        _log(client, number // 8, "kept", "second", "other")
        connection.execute(
            "create table gameday.saved as select e.* from audit_private.event e"
            " where e.entity_id = 'gameday-erased'"
        )
        client.purge_events()
        client.erase_subject([_PERSON], _REASON, _TENANTS[0])
        for _ in range(ROUNDS):
            _log(client, number // 8)
    scratch.create(OLDER, template=CURRENT)
    with connect(dsn) as connection:
        client = Client(connection)
        for place in range(ROUNDS):
            _log(client, number // 8, *(["last"] if place == ROUNDS - 2 else []))
        content, keys = _sign(client)
        _log(client, number // 8, "late")
        connection.execute((_FOLDER / "targets.sql").read_bytes())
        connection.execute("vacuum analyze")
        return _keep(connection, client, content, keys, access_id)


def _begin(connection: psycopg.Connection[Any], client: Client) -> None:
    connection.execute(resources.read_sql("catalogue/eneo.sql").encode())
    client.set_option("partition_width", "month", _REASON)
    for tenant_id, name in _NAMES.items():
        client.register_tenant(tenant_id, name)
    client.grant_all_tenants(connection.info.user, _REASON)
    client.seal_events()
    client.set_retention(400, _REASON, tenant_id=_TENANTS[1])
    client.purge_events()  # which finds nothing, and leaves a receipt


def _bring_history(client: Client, number: int) -> None:
    """Import what has expired, some of it held, and the last two months."""
    now = datetime.now(UTC)
    client.place_hold("Case 4711", {"entity_id": "held"}, _REASON, _TENANTS[0])
    client.place_hold("Case 4712", {"entity_id": ["gameday-kept"]}, _REASON, _TENANTS[0])
    for tenant_id in _TENANTS:
        for begins, step in ((450, timedelta(minutes=20)), (3, timedelta(days=50) / number)):
            moment = now - timedelta(days=begins)
            events = [_event(n, moment - n * step) for n in range(number // 4)]
            client.import_events(events, _REASON, tenant_id)
            client.seal_events()
    events = [
        _event(0, now - timedelta(days=450), "held"),
        _event(1, now - timedelta(days=20), "gameday-imported"),
    ]
    client.import_events(events, _REASON, _TENANTS[0])
    client.seal_events()


def _bring_sample(client: Client, sample: Sample) -> None:
    known = {(entry.kind, entry.code) for entry in client.list_catalogue()}
    for entry in sorted(sample.catalogue, key=lambda entry: entry.kind != "category"):
        if (entry.kind, entry.code) in known:
            continue
        if entry.kind == "category":
            client.define_category(entry.code, entry.titles, entry.descriptions)
        elif entry.kind == "action" and entry.category is not None:
            client.define_action(entry.code, entry.category, entry.titles, entry.descriptions)
        elif entry.kind == "entity_type":
            client.define_entity_type(entry.code, entry.titles, entry.descriptions)
    for batch in range(0, len(sample.events), 1_000):
        client.import_events(
            [_copied(event) for event in sample.events[batch : batch + 1_000]],
            _REASON,
            _TENANTS[0],
        )
        client.seal_events()


def _copied(event: FoundEvent) -> Event:
    names = (
        "action", "entity_type", "entity_id", "description", "metadata", "target", "changes",
        "outcome", "error_message", "actor_id", "actor_type", "actor", "user_agent", "request_id",
    )  # fmt: skip
    given = {name: value for name in names if (value := getattr(event, name)) is not None}
    given |= {"id": str(event.id), "occurred_at": event.occurred_at.isoformat()}
    return given | ({"ip": str(event.ip)} if event.ip else {})


def _log(client: Client, number: int, *targets: str) -> None:
    """Log events in both tenants, a seal each; those that are tampered with have every part."""
    for tenant_id in _TENANTS:
        mine = [name for name in targets if (name == "other") == (tenant_id == _TENANTS[1])]
        with client.context(
            tenant_id=tenant_id,
            actor_id="anna",
            actor={"name": "Anna Berg"},
            ip="192.0.2.17",
            user_agent="Shop/7",
            request_id="r-1",
        ):
            client.log_events([_act(n, f"user-{n}") for n in range(number)])
            client.log_events([_act(0, f"gameday-{name}") for name in mine])
    if "kept" in targets:
        client.log_events([_act(0, "gameday-quiet")], _QUIET)
        told = {**_act(0, "gameday-erased"), "description": f"{_PERSON} got an account"}
        client.log_events([told], _TENANTS[0])
    client.seal_events()


def _act(number: int, entity_id: str) -> Event:
    return {
        "action": "user_updated",
        "entity_type": "user",
        "entity_id": entity_id,
        "description": f"Anna Berg changed account {number}, and was refused",
        "target": {"name": f"Account {number}"},
        "changes": {"email": {"old": "a@example.org", "new": "b@example.org"}},
        "metadata": {"page": "/admin/users"},
        "outcome": "failure",
        "error_message": "only administrators may do that",
    }


def _event(number: int, moment: datetime, entity_id: str | None = None) -> Event:
    return {
        "action": "file_uploaded",
        "entity_type": "file",
        "entity_id": entity_id or f"file-{number}",
        "description": f"Bo Ek uploaded report {number}",
        "actor_id": "bo",
        "actor": {"name": "Bo Ek"},
        "occurred_at": moment.isoformat(),
        "idempotency_key": f"{entity_id}-{number}-{moment.isoformat()}",
    }


def _sign(client: Client) -> tuple[bytes, KeyRing]:
    """Sign a checkpoint and its ledger with a key that nobody keeps."""
    head = client.create_checkpoint()
    key = SigningKey.create(head.origin)
    made = Checkpoint(head.origin, head.tree_size, head.root_hash)
    content = checkpoints.join(made.sign(key), made.sign_ledger(client.list_ledger(), key))
    return content, KeyRing((key.public,))


def _keep(
    connection: psycopg.Connection[Any],
    client: Client,
    content: bytes,
    keys: KeyRing,
    access_id: UUID,
) -> Kept:
    row = connection.execute(
        "select t.tenant_id, t.id from gameday.target t where t.name = 'kept'"
    ).fetchone()
    assert row is not None
    return Kept(content, keys, row[0], row[1], access_id, tuple(client.check_health()))
