"""What looks for traces, as whoever watches over a log would: one by one, and on the clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg

from pgwitness.client import Client
from pgwitness.errors import Unprovable
from pgwitness.evidence import checkpoints, merkle
from pgwitness.evidence.checkpoints import CheckpointFile
from pgwitness.evidence.merkle import ProofInvalid
from pgwitness.evidence.notes import KeyRing
from pgwitness.evidence.proofs import Proof
from pgwitness.gameday.attacks import DETECTORS
from pgwitness.models import HealthCheck

_WORSE = {"ok": 0, "warning": 1, "error": 2}


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept outside the database, and what was known of it before.

    Attributes:
        content: The checkpoint file, signed.
        keys: The public key of it.
        tenant_id: Whose event is to be proven.
        event_id: That event.
        access_id: Access session to prove it with.
        health: What `check_health` said before anything was tampered with.
    """

    content: bytes
    keys: KeyRing
    tenant_id: UUID
    event_id: UUID
    access_id: UUID
    health: tuple[HealthCheck, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What one detector says.

    Attributes:
        detector: One of `DETECTORS`.
        kinds: What it found: kinds of findings, names of checks, kinds of ledger lines, `unproven`,
            or `error` when it couldn't look; none when it found nothing.
        detail: The first of them in words.
        seconds: How long it looked.
    """

    detector: str
    kinds: tuple[str, ...]
    detail: str | None
    seconds: float


def look(connection: psycopg.Connection[Any], kept: Kept) -> list[Found]:
    """Let every detector look, in the current transaction.

    Args:
        connection: Of a superuser, inside a transaction.
        kept: What was kept outside.
    """
    client = Client(connection)
    file = checkpoints.verify(kept.content, kept.keys)
    looking: dict[str, Callable[[], list[tuple[str, str | None]]]] = {
        "verify": lambda: [(row.kind, row.detail) for row in client.verify_events()],
        "doctor": lambda: _doctor(client, kept.health),
        "checkpoint": lambda: _checkpoint(client, file),
        "ledger": lambda: [
            (row.kind, row.problem) for row in client.check_ledger(file.ledger or ())
        ],
        "evidence": lambda: _evidence(client, kept, file),
    }
    found = []
    for detector in DETECTORS:
        began = time.perf_counter()
        try:
            with connection.transaction():
                said = looking[detector]()
        except (ProofInvalid, Unprovable) as error:
            said = [("unproven", error.message)]
        except psycopg.Error as error:  # whoever looks is told, and looks closer
            said = [("error", error.diag.message_primary)]
        kinds = tuple(sorted({kind for kind, _ in said}))
        detail = said[0][1] if said else None
        found.append(Found(detector, kinds, detail, time.perf_counter() - began))
    return found


def _doctor(client: Client, before: tuple[HealthCheck, ...]) -> list[tuple[str, str | None]]:
    """Give what is worse than before."""
    known = {check.check_name: _WORSE[check.state] for check in before}
    return [
        (check.check_name, check.detail)
        for check in client.check_health()
        if _WORSE[check.state] > known.get(check.check_name, 0)
    ]


def _checkpoint(client: Client, file: CheckpointFile) -> list[tuple[str, str | None]]:
    """Ask the database, and then believe only hashes."""
    known = file.checkpoint
    findings = client.verify_checkpoint(known.origin, known.size, known.root)
    if findings:
        return [(row.kind, row.detail) for row in findings]
    head = client.create_checkpoint()
    proof = client.prove_consistency(known.size, head.tree_size)
    merkle.verify_consistency(
        known.size, head.tree_size, known.root, head.root_hash, [*map(bytes.fromhex, proof)]
    )
    return []


def _evidence(client: Client, kept: Kept, file: CheckpointFile) -> list[tuple[str, str | None]]:
    """Prove an event against the checkpoint, outside the database."""
    with client.context(tenant_id=kept.tenant_id, access_id=kept.access_id):
        rows = client.prove_events([kept.event_id], file.checkpoint.size)
    if not rows:
        raise ProofInvalid("there is no such event")
    if rows[0].proof is None:
        raise ProofInvalid("no seal lists the event")
    Proof.parse(rows[0].proof).verify(file.checkpoint)
    return []
