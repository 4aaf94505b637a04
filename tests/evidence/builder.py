"""Builds events, seals, logs, proofs and notes from FORMAT.md alone.

It shares no code with the package: what both give alike was understood alike. Trees and proofs are
the recursions of RFC 6962, sections 2.1 to 2.1.2, word for word, and slow.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

INSTALLATION = "4f6c0e6e-8b3f-4f0e-9a2b-0b8f0a3f2d11"
ORIGIN = f"pgwitness/{INSTALLATION}/1"
TENANT = "aaaaaaaa-0000-4000-8000-00000000000a"
OTHER_TENANT = "bbbbbbbb-0000-4000-8000-00000000000b"
SEED = bytes(range(32))
OTHER_SEED = bytes(range(100, 132))
GROUPS = ("actor_id", "entity_id", "payload")

EVENT_COLUMNS = (
    "tenant_id", "occurred_at", "id", "recorded_at", "sequence", "transaction_id", "salt", "source",
    "action", "entity_type", "actor_type", "outcome", "recorded_by", "actor_id", "entity_id",
    "description", "actor", "target", "changes", "metadata", "ip", "user_agent", "request_id",
    "error_message", "actor_id_digest", "entity_id_digest", "payload_digest", "derived_salts",
)  # fmt: skip

Row = Mapping[str, Any]


def sha(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


# Trees -------------------------------------------------------------------------------------


def split_of(size: int) -> int:
    """The largest power of two smaller than size."""
    return 1 << (size - 1).bit_length() - 1


def mth(leaves: Sequence[bytes]) -> bytes:
    """MTH of hashed leaves."""
    if not leaves:
        return sha()
    if len(leaves) == 1:
        return leaves[0]
    k = split_of(len(leaves))
    return sha(b"\x01", mth(leaves[:k]), mth(leaves[k:]))


def path_of(m: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH(m, D[n])."""
    if len(leaves) == 1:
        return []
    k = split_of(len(leaves))
    if m < k:
        return [*path_of(m, leaves[:k]), mth(leaves[k:])]
    return [*path_of(m - k, leaves[k:]), mth(leaves[:k])]


def consistency_of(m: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PROOF(m, D[n]); nothing for an empty tree, which RFC 6962 leaves out."""
    return _subproof(m, leaves, True) if m else []


def _subproof(m: int, leaves: Sequence[bytes], is_known: bool) -> list[bytes]:
    if m == len(leaves):
        return [] if is_known else [mth(leaves)]
    k = split_of(len(leaves))
    if m <= k:
        return [*_subproof(m, leaves[:k], is_known), mth(leaves[k:])]
    return [*_subproof(m - k, leaves[k:], False), mth(leaves[:k])]


# Events ------------------------------------------------------------------------------------


def counted(text: str | None) -> str:
    return ":" if text is None else f"{len(text.encode())}:{text}"


def microseconds(text: str) -> int:
    return (datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(
        microseconds=1
    )


def timestamp(number: int) -> str:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=number)
    return moment.isoformat(timespec="microseconds")


def hex_bytes(text: str) -> bytes:
    """A bytea as its text."""
    return bytes.fromhex(text.removeprefix("\\x"))


def envelope_of(row: Row) -> str:
    return "\n".join(
        [
            "pgwitness/event/1",
            row["tenant_id"],
            str(microseconds(row["occurred_at"])),
            row["id"],
            str(microseconds(row["recorded_at"])),
            str(row["sequence"]),
            str(row["transaction_id"]),
            *(row[c] for c in ("source", "action", "entity_type", "actor_type", "outcome")),
            counted(row["recorded_by"]),
        ]
    )


def content_of(row: Row, group: str) -> str:
    if group != "payload":
        return counted(row[group])
    lines = [row[column] or "" for column in ("actor", "target", "changes", "metadata", "ip")]
    texts = [
        counted(row[column])
        for column in ("description", "user_agent", "request_id", "error_message")
    ]
    return "\n".join(lines) + "\n" + "".join(texts)


def group_of(row: Row, group: str) -> dict[str, str]:
    """Salt, content and digest, or the digest alone of what was erased."""
    if row[f"{group}_digest"] is not None:
        return {"digest": hex_bytes(row[f"{group}_digest"]).hex()}
    if row["salt"] is not None:
        salt = sha(UUID(row["salt"]).bytes, group.encode())
    else:
        place = 32 * GROUPS.index(group)
        salt = hex_bytes(row["derived_salts"])[place : place + 32]
    content = content_of(row, group)
    digest = sha(b"\x02", group.encode(), salt, content.encode())
    return {"salt": salt.hex(), "content": content, "digest": digest.hex()}


def leaf_of(row: Row) -> bytes:
    digests = [bytes.fromhex(group_of(row, group)["digest"]) for group in GROUPS]
    return sha(b"\x00", envelope_of(row).encode(), *digests)


def make_event(number: int = 1, tenant: str = TENANT, **columns: Any) -> dict[str, Any]:
    """One row of audit_private.event; number tells it from others and gives its time."""
    moment = microseconds("2026-03-01T08:00:00+00:00") + number * 1_000_003
    made: dict[str, Any] = dict.fromkeys(EVENT_COLUMNS)
    made |= {
        "tenant_id": tenant,
        "occurred_at": timestamp(moment),
        "id": f"019ca83f-0000-7000-800{tenant[-1]}-{number:012x}",
        "recorded_at": timestamp(moment + 17),
        "sequence": number,
        "transaction_id": 1000 + number,
        "salt": str(UUID(bytes=sha(b"salt", str(number).encode(), tenant.encode())[:16])),
        "source": "logged",
        "action": "user_created",
        "entity_type": "user",
        "actor_type": "user",
        "outcome": "success",
        "recorded_by": "app",
        "actor_id": "user-1",
        "entity_id": str(number),
        "description": f"created user {number}",
        "actor": '{"name": "Anna Berg"}',
    }
    return made | columns


def erase(row: Row, *groups: str) -> dict[str, Any]:
    """The row after an erasure of some groups."""
    salts = b""
    erased = dict(row)
    for group in GROUPS:
        known = group_of(row, group)
        if group in groups:
            erased[f"{group}_digest"] = "\\x" + known["digest"]
            salts += bytes(32)
        else:
            salts += bytes.fromhex(known["salt"])
    columns = {"actor_id": ["actor_id"], "entity_id": ["entity_id"]}
    columns["payload"] = [
        "actor", "target", "changes", "metadata", "ip", "description", "user_agent", "request_id",
        "error_message",
    ]  # fmt: skip
    for group in groups:
        erased |= dict.fromkeys(columns[group])
    if "actor_id" in groups:
        erased["actor_id"] = "erased-7"
    return erased | {"salt": None, "derived_salts": "\\x" + salts.hex()}


# Seals and the log -------------------------------------------------------------------------


@dataclass
class Sealed:
    """A seal and its events."""

    fields: dict[str, Any]
    events: list[dict[str, Any]]

    @property
    def entry(self) -> str:
        return "".join(f"{value}\n" for value in ("pgwitness/seal/1", *self.fields.values()))

    @property
    def hash(self) -> bytes:
        return sha(b"\x00", self.entry.encode())

    @property
    def leaves(self) -> list[bytes]:
        return [leaf_of(event) for event in self.events]


@dataclass
class Log:
    """A log of seals of any tenants."""

    origin: str = ORIGIN
    seals: list[Sealed] = field(default_factory=list)

    def seal(self, *events: dict[str, Any], tenant: str = TENANT) -> Sealed:
        """Seal events of a tenant, or none."""
        own = [seal for seal in self.seals if seal.fields["tenant_id"] == tenant]
        ordered = sorted(events, key=lambda event: (event["occurred_at"], event["id"]))
        number = len(self.seals) + 1
        made = Sealed(
            {
                "origin": self.origin,
                "tenant_id": tenant,
                "seal_number": len(own) + 1,
                "sealed_at": microseconds("2026-03-02T00:00:00+00:00") + number,
                "snapshot": f"{900 + number}:{1000 + number}:{900 + number},{901 + number}",
                "event_count": len(ordered),
                "running_count": len(ordered) + (own[-1].fields["running_count"] if own else 0),
                "first_at": microseconds(ordered[0]["occurred_at"]) if ordered else "",
                "last_at": microseconds(ordered[-1]["occurred_at"]) if ordered else "",
                "events_root": mth([leaf_of(event) for event in ordered]).hex(),
                "previous": own[-1].hash.hex() if own else "0" * 64,
            },
            ordered,
        )
        self.seals.append(made)
        return made

    @property
    def root(self) -> bytes:
        return mth([seal.hash for seal in self.seals])

    def prove(self, event_id: str, size: int | None = None) -> dict[str, Any]:
        """The proof of an event, as FORMAT.md has it."""
        size = len(self.seals) if size is None else size
        for place, seal in enumerate(self.seals[:size]):
            for index, event in enumerate(seal.events):
                if event["id"] == event_id:
                    hashes = [known.hash for known in self.seals[:size]]
                    return {
                        "format": "pgwitness/proof/1",
                        "envelope": envelope_of(event),
                        "groups": {group: shown(event, group) for group in GROUPS},
                        "seal": {
                            "entry": seal.entry,
                            "index": index,
                            "path": [item.hex() for item in path_of(index, seal.leaves)],
                        },
                        "log": {
                            "size": size,
                            "index": place,
                            "path": [item.hex() for item in path_of(place, hashes)],
                        },
                    }
        raise LookupError(event_id)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [event for seal in self.seals for event in seal.events]

    @property
    def note_text(self) -> str:
        return f"{self.origin}\n{len(self.seals)}\n{base64.b64encode(self.root).decode()}\n"

    def checkpoint(self, seed: bytes = SEED) -> str:
        """The signed checkpoint of the whole log."""
        return sign(self.note_text, self.origin, seed)

    def checkpoint_file(self, *entries: Mapping[str, Any], seed: bytes = SEED) -> str:
        """The same, with a ledger behind."""
        place = self.note_text.strip().replace("\n", " ")
        lines = [json.dumps(entry, ensure_ascii=False) for entry in entries]
        ledger = "".join(f"{line}\n" for line in ("pgwitness/ledger/1", place, *lines))
        return f"{self.checkpoint(seed)}\n{sign(ledger, self.origin, seed)}"


def shown(event: Row, group: str) -> dict[str, str]:
    known = group_of(event, group)
    return {"salt": known["salt"], "content": known["content"]} if "salt" in known else known


# Notes -------------------------------------------------------------------------------------


def public_bytes(seed: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def key_id(name: str, seed: bytes) -> bytes:
    return sha(name.encode(), b"\n\x01", public_bytes(seed))[:4]


def public_key(name: str = ORIGIN, seed: bytes = SEED) -> str:
    """The line of a public key."""
    encoded = base64.b64encode(b"\x01" + public_bytes(seed)).decode()
    return f"{name}+{key_id(name, seed).hex()}+{encoded}"


def private_key(name: str = ORIGIN, seed: bytes = SEED) -> str:
    """The text of a private key."""
    encoded = base64.b64encode(b"\x01" + seed).decode()
    return f"PRIVATE+KEY+{name}+{key_id(name, seed).hex()}+{encoded}"


def signature_line(text: str, name: str = ORIGIN, seed: bytes = SEED) -> str:
    """One line of signatures, with its newline."""
    signature = Ed25519PrivateKey.from_private_bytes(seed).sign(text.encode())
    return f"\u2014 {name} {base64.b64encode(key_id(name, seed) + signature).decode()}\n"


def sign(text: str, name: str = ORIGIN, seed: bytes = SEED) -> str:
    """A signed note."""
    return f"{text}\n{signature_line(text, name, seed)}"
