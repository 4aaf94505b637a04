"""FORMAT.md and RFC 6962 once more, from their texts alone, to hold the database's word against."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
GROUPS = ("actor_id", "entity_id", "payload")


def digest(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def leaf(entry: str) -> bytes:
    return digest(b"\x00", entry.encode())


def node(left: bytes, right: bytes) -> bytes:
    return digest(b"\x01", left, right)


def split(size: int) -> int:
    """The largest power of two below a size."""
    return 1 << (size - 1).bit_length() - 1


def root(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962, 2.1, over hashes of leaves."""
    if not leaves:
        return digest()
    if len(leaves) == 1:
        return leaves[0]
    middle = split(len(leaves))
    return node(root(leaves[:middle]), root(leaves[middle:]))


def path(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH of RFC 6962, 2.1.1."""
    if len(leaves) == 1:
        return []
    middle = split(len(leaves))
    if index < middle:
        return [*path(index, leaves[:middle]), root(leaves[middle:])]
    return [*path(index - middle, leaves[middle:]), root(leaves[:middle])]


def consistency(old: int, leaves: Sequence[bytes], is_known: bool = True) -> list[bytes]:
    """SUBPROOF of RFC 6962, 2.1.2; nothing proves the empty log."""
    if old == 0:
        return []
    if old == len(leaves):
        return [] if is_known else [root(leaves)]
    middle = split(len(leaves))
    if old <= middle:
        return [*consistency(old, leaves[:middle], is_known), root(leaves[middle:])]
    return [*consistency(old - middle, leaves[middle:], False), root(leaves[:middle])]


def climb(index: int, size: int, start: bytes, hashes: Sequence[bytes]) -> bytes:
    """The root that an inclusion proof leads to (RFC 9162, 2.1.3.2)."""
    assert 0 <= index < size
    place, last, found = index, size - 1, start
    for hash_ in hashes:
        assert last > 0, "the proof is too long"
        if place % 2 == 1 or place == last:
            found = node(hash_, found)
            while place % 2 == 0 and place != 0:
                place, last = place >> 1, last >> 1
        else:
            found = node(found, hash_)
        place, last = place >> 1, last >> 1
    assert last == 0, "the proof is too short"
    return found


def seal_entry(seal: dict[str, Any], origin: str) -> str:
    """The entry of a row of audit_private.seal."""

    def time(moment: datetime | None) -> str:
        return "" if moment is None else str((moment - EPOCH) // timedelta(microseconds=1))

    lines = [
        "pgwitness/seal/1",
        origin,
        str(seal["tenant_id"]),
        str(seal["seal_number"]),
        time(seal["sealed_at"]),
        seal["snapshot"],
        str(seal["event_count"]),
        str(seal["running_count"]),
        time(seal["first_at"]),
        time(seal["last_at"]),
        seal["events_root"].hex(),
        seal["previous"].hex(),
    ]
    return "".join(f"{line}\n" for line in lines)


def leaf_of_proof(proof: dict[str, Any]) -> bytes:
    """The leaf of an event by its envelope and groups."""
    digests = []
    for name in GROUPS:
        group = proof["groups"][name]
        if "digest" in group:
            assert set(group) == {"digest"}
            digests.append(bytes.fromhex(group["digest"]))
        else:
            salt = bytes.fromhex(group["salt"])
            assert len(salt) == 32
            digests.append(digest(b"\x02", name.encode(), salt, group["content"].encode()))
    return digest(b"\x00", proof["envelope"].encode(), *digests)


def root_of_proof(proof: dict[str, Any]) -> bytes:
    """The root of the log that a proof leads to, after checking all that it says on the way."""
    assert proof["format"] == "pgwitness/proof/1"
    lines = proof["seal"]["entry"].split("\n")
    assert lines[0] == "pgwitness/seal/1"
    assert lines[2] == proof["envelope"].split("\n")[1], "the seal is another tenant's"
    events_root = climb(
        proof["seal"]["index"],
        int(lines[6]),
        leaf_of_proof(proof),
        [bytes.fromhex(hash_) for hash_ in proof["seal"]["path"]],
    )
    assert events_root.hex() == lines[10], "the event is not in the seal"
    return climb(
        proof["log"]["index"],
        proof["log"]["size"],
        leaf(proof["seal"]["entry"]),
        [bytes.fromhex(hash_) for hash_ in proof["log"]["path"]],
    )


def counted(value: str | None) -> str:
    return ":" if value is None else f"{len(value.encode())}:{value}"


def leaf_of_row(event: dict[str, Any]) -> bytes:
    """The leaf of a row whose objects, address and salt were read as text, with nothing erased."""

    def time(moment: datetime) -> str:
        return str((moment - EPOCH) // timedelta(microseconds=1))

    envelope = "\n".join(
        [
            "pgwitness/event/1",
            str(event["tenant_id"]),
            time(event["occurred_at"]),
            str(event["id"]),
            time(event["recorded_at"]),
            str(event["sequence"]),
            str(event["transaction_id"]),
            *(event[name] for name in ("source", "action", "entity_type", "actor_type", "outcome")),
            counted(event["recorded_by"]),
        ]
    )
    lines = ("actor", "target", "changes", "metadata", "ip")
    texts = ("description", "user_agent", "request_id", "error_message")
    contents = {
        "actor_id": counted(event["actor_id"]),
        "entity_id": counted(event["entity_id"]),
        "payload": "".join(f"{event[name] or ''}\n" for name in lines)
        + "".join(counted(event[name]) for name in texts),
    }
    salt = bytes.fromhex(event["salt"].replace("-", ""))
    return digest(
        b"\x00",
        envelope.encode(),
        *(
            digest(b"\x02", name.encode(), digest(salt, name.encode()), content.encode())
            for name, content in contents.items()
        ),
    )
