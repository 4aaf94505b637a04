"""Makes cases out of logs that the builder builds, and changes them as a forger would."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from evidence.builder import (
    OTHER_TENANT,
    SEED,
    TENANT,
    Log,
    erase,
    make_event,
    private_key,
    public_key,
)
from pgwitness.evidence.notes import KeyRing, PublicKey, SigningKey
from pgwitness.evidence.proofs import Proof
from pgwitness.evidence.verifying import Finding, Verdict, verify
from pgwitness.evidence.writing import CaseWriter

MADE_AT = datetime(2026, 3, 4, 5, 6, 7, 89, tzinfo=UTC)
KEY = SigningKey.parse(private_key())


def trust(*lines: str) -> KeyRing:
    """The keys of some lines; left out, the log's key."""
    return KeyRing(PublicKey.parse(line) for line in lines or (public_key(),))


def make_log() -> Log:
    """Eight events of a tenant in three seals, among another tenant's."""
    log = Log()
    log.seal(*(make_event(number) for number in range(1, 4)))
    log.seal(make_event(1, OTHER_TENANT, description="of b"), tenant=OTHER_TENANT)
    log.seal(*(make_event(number) for number in (4, 5)))
    log.seal(
        make_event(6, description="<script>alert(1)</script> & \u202egnp.exe", actor_id=None),
        erase(make_event(7), "actor_id", "payload"),
        make_event(8, outcome="failure", error_message="<b>no</b>", metadata='{"a": [1, 2]}'),
    )
    log.seal()
    return log


@dataclass
class Office:
    """Where the files are.

    Attributes:
        directory: of the test.
    """

    directory: Path

    def write(
        self,
        name: str = "case.zip",
        log: Log | None = None,
        numbers: Iterable[int] = range(1, 9),
        key: SigningKey | None = KEY,
        seed: bytes = SEED,
        tenant: str = TENANT,
        **settings: Any,
    ) -> Path:
        """Write a case of the tenant's events whose numbers are given."""
        log = log or make_log()
        wanted = set(numbers)
        events = sorted(
            (e for e in log.events if e["tenant_id"] == tenant and e["sequence"] in wanted),
            key=lambda event: (event["occurred_at"], event["id"]),
        )
        path = self.directory / name
        with (
            CaseWriter(
                log.checkpoint(seed).encode(),
                UUID(tenant),
                {"action": "user_created"},
                MADE_AT,
                key,
                [KEY.public],
            ) as case,
            open(path, "wb") as file,
        ):
            for event in events:
                case.add(Proof.parse(log.prove(event["id"])))
            case.finish(file, **settings)
        return path

    def repack(
        self,
        path: Path,
        change: Callable[[dict[str, bytes]], None] | None = None,
        compression: int = zipfile.ZIP_STORED,
    ) -> Path:
        """Pack a case anew as any program would, after a change of its members."""
        contents = unpack(path)
        if change:
            change(contents)
        made = path.with_name(f"repacked-{path.name}")
        with zipfile.ZipFile(made, "w", compression) as archive:
            for name, content in contents.items():
                archive.writestr(name, content)
        return made

    def verify(self, path: Path, keys: KeyRing | None = None) -> Verdict:
        return verify(path, keys or trust())

    def found(self, path: Path, keys: KeyRing | None = None) -> list[Finding]:
        return list(self.verify(path, keys).findings)


def unpack(path: Path) -> dict[str, bytes]:
    """The members by name, by Python's own reader."""
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}
