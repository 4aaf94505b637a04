"""What stands in tests/integrity/vectors.json, computed by the builder from FORMAT.md.

The rows are those of audit_private.event as JSON objects: identifiers, times (with microseconds)
and jsonb are texts, bytea is the text of its hexadecimal form.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from evidence.builder import (
    GROUPS,
    ORIGIN,
    OTHER_TENANT,
    SEED,
    Log,
    consistency_of,
    content_of,
    envelope_of,
    erase,
    group_of,
    key_id,
    leaf_of,
    make_event,
    mth,
    path_of,
    private_key,
    public_key,
    sha,
)

PATH = Path(__file__).parents[1] / "integrity" / "vectors.json"

SIZES = (0, 1, 2, 3, 7, 8, 1025)

# Leaf inputs and roots of the reference tree of Certificate Transparency, in hexadecimal.
REFERENCE_INPUTS = (
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
)
REFERENCE_ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


def events() -> dict[str, dict[str, Any]]:
    """Rows by what they are about."""
    nothing: dict[str, Any] = dict.fromkeys(("actor_id", "entity_id", "description", "actor"))
    full: dict[str, Any] = {
        "source": "captured",
        "action": "row_updated",
        "entity_type": "customer",
        "outcome": "failure",
        "recorded_by": "app_login/app_role",
        "actor_id": "user-1",
        "entity_id": "4711",
        "description": "changed the balance",
        "actor": '{"name": "Anna Berg", "email": "anna@example.org"}',
        "target": '[{"id": 1, "type": "customer"}, {"id": null, "type": "order"}]',
        "changes": '{"debt": {"new": 12.50, "old": 0.0000001}, "note": {"new": null, "old": ""}}',
        "metadata": '{"": "empty name", "a": {"b": {"c": [[], {}, [1, 2.0, 0, true, null]]}}}',
        "ip": "192.0.2.1",
        "user_agent": "curl/8.5.0",
        "request_id": "req-1",
        "error_message": "the balance can't be negative",
    }
    return {
        "the least: all that may be null is null": make_event(1, **nothing),
        "everything": make_event(2, **full),
        "empty texts are not null": make_event(
            3,
            **{"actor_id": "", "entity_id": "", "description": "", "user_agent": ""},
            **{"request_id": "", "error_message": "", "actor": "{}", "target": "[]"},
        ),
        "JSON null is not null": make_event(4, actor="null", target="null", metadata="null"),
        "Unicode: counted are bytes": make_event(
            5,
            actor_id="användare–ß",  # noqa: RUF001
            entity_id="日本語",
            description="Åsa 👩‍👩‍👧 ñandú \u200e\u202e \u2028 e\u0301 é",
            actor='{"\\u0001": "\\u0001", "n": "😀", "namn": "Åsa"}',
            recorded_by='läsare"/x',
        ),
        "line feeds, colons and what looks like a counted text": make_event(
            6,
            actor_id="5:user1\n3:abc",
            entity_id="\n",
            description="a\nb\r\nc\t",
            user_agent=":",
            request_id="0:",
            error_message="4711\n\n",
            recorded_by="odd\nrole",
        ),
        "IPv6": make_event(7, ip="2001:db8::1"),
        "a network of IPv6": make_event(8, ip="2001:db8::/32"),
        "a network of IPv4": make_event(9, ip="10.1.2.0/24"),
        "numbers as jsonb keeps them": make_event(
            10,
            metadata='{"big": 123456789012345678901234567890, "tiny": 0.0000001000, "minus": -1.0}',
        ),
        "large numbers": make_event(
            11,
            sequence=9223372036854775807,
            transaction_id=9223372036854775806,
            occurred_at="2099-12-31T23:59:59.999999+00:00",
            recorded_at="2099-12-31T23:59:59.999999+00:00",
        ),
        "the first microsecond, and one before": make_event(
            12,
            occurred_at="1970-01-01T00:00:00.000000+00:00",
            recorded_at="1969-12-31T23:59:59.999999+00:00",
        ),
        "actor erased": erase(make_event(13, **full), "actor_id"),
        "entity erased": erase(make_event(14, **full), "entity_id"),
        "payload erased": erase(make_event(15, **full), "payload"),
        "actor and payload erased": erase(make_event(16, **full), "actor_id", "payload"),
        "all erased": erase(make_event(17, **full), *GROUPS),
        "another tenant's": make_event(18, OTHER_TENANT),
        "a long text": make_event(19, description="lång " * 3000),
    }


def _event(about: str, row: dict[str, Any]) -> dict[str, Any]:
    return {
        "about": about,
        "row": row,
        "envelope": envelope_of(row),
        "groups": {group: group_of(row, group) for group in GROUPS},
        "leaf": leaf_of(row).hex(),
    }


def leaf_number(number: int) -> bytes:
    """Leaf of the trees below."""
    return sha(b"\x00", str(number).encode())


def _tree(size: int) -> dict[str, Any]:
    leaves = [leaf_number(number) for number in range(size)]
    places = sorted({0, 1, size // 2, size - 2, size - 1} & set(range(size)))
    olds = sorted({0, 1, 2, size // 2, size - 1, size} & set(range(size + 1)))
    return {
        "size": size,
        "root": mth(leaves).hex(),
        "inclusion": [
            {"index": index, "path": [item.hex() for item in path_of(index, leaves)]}
            for index in places
        ],
        "consistency": [
            {
                "old_size": old,
                "old_root": mth(leaves[:old]).hex(),
                "proof": [item.hex() for item in consistency_of(old, leaves)],
            }
            for old in olds
        ],
    }


def example_log() -> Log:
    """Nine seals of two tenants, some of them empty."""
    log = Log()
    of_a = [row for row in events().values() if row["tenant_id"] != OTHER_TENANT]
    log.seal(*of_a[:7])
    log.seal(events()["another tenant's"], tenant=OTHER_TENANT)
    log.seal()
    log.seal(*of_a[7:8])
    log.seal(*of_a[8:11])
    log.seal(tenant=OTHER_TENANT)
    log.seal(*of_a[11:])
    log.seal()
    log.seal(tenant=OTHER_TENANT)
    return log


LEDGER = (
    {
        "kind": "erasure",
        "tenant_id": OTHER_TENANT,
        "erasure_id": "019ca83f-0000-7000-8000-0000000000e1",
        "erased_at": "2026-03-03T00:00:00+00:00",
        "event_id": "019ca83f-0000-7000-800b-000000000012",
        "groups": ["actor_id", "payload"],
    },
    {
        "kind": "hold",
        "tenant_id": OTHER_TENANT,
        "hold_id": "019ca83f-0000-7000-8000-0000000000f1",
        "placed_at": "2026-03-03T00:00:00+00:00",
        "released_at": None,
        "digest": "0" * 64,
    },
)


def make() -> dict[str, Any]:
    """Everything that the file holds."""
    log = example_log()
    reference = [sha(b"\x00", bytes.fromhex(text)) for text in REFERENCE_INPUTS]
    return {
        "format": "pgwitness/vectors/1",
        "events": [_event(about, row) for about, row in events().items()],
        "rfc6962": {
            "empty_root": sha().hex(),
            "inputs": list(REFERENCE_INPUTS),
            "leaves": [leaf.hex() for leaf in reference],
            "roots": [mth(reference[: size + 1]).hex() for size in range(8)],
            "inclusion": [
                {
                    "index": index,
                    "size": size,
                    "path": [item.hex() for item in path_of(index, reference[:size])],
                }
                for index, size in ((0, 1), (0, 8), (5, 8), (2, 3), (1, 5))
            ],
            "consistency": [
                {
                    "old_size": old,
                    "size": size,
                    "proof": [item.hex() for item in consistency_of(old, reference[:size])],
                }
                for old, size in ((1, 1), (1, 8), (6, 8), (2, 5), (6, 7))
            ],
        },
        "trees": {
            "about": "leaf i is that of the entry i, a number in decimal from 0 on",
            "of_size": [_tree(size) for size in SIZES],
        },
        "log": {
            "origin": log.origin,
            "seals": [
                {
                    **seal.fields,
                    "entry": seal.entry,
                    "hash": seal.hash.hex(),
                    "event_ids": [event["id"] for event in seal.events],
                    "leaves": [leaf.hex() for leaf in seal.leaves],
                }
                for seal in log.seals
            ],
            "root": log.root.hex(),
            "proofs": [log.prove(event["id"]) for event in log.events],
        },
        "checkpoint": {
            "seed": SEED.hex(),
            "private_key": private_key(),
            "public_key": public_key(),
            "key_id": key_id(ORIGIN, SEED).hex(),
            "text": log.note_text,
            "note": log.checkpoint(),
            "ledger": list(LEDGER),
            "file": log.checkpoint_file(*LEDGER),
        },
    }


def dump() -> str:
    """The file's text."""
    return json.dumps(make(), ensure_ascii=False, indent=1) + "\n"


__all__ = ["PATH", "content_of", "dump", "events", "example_log", "leaf_number", "make"]

if __name__ == "__main__":
    PATH.write_text(dump(), encoding="utf-8")
