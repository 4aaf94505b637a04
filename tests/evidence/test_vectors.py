"""The vectors are what the builder computes, and what the package computes too."""

from __future__ import annotations

import json
from typing import Any

import pytest

from evidence import vectors
from pgwitness.evidence import checkpoints, merkle, proofs
from pgwitness.evidence.checkpoints import Checkpoint
from pgwitness.evidence.notes import KeyRing, PublicKey, SigningKey
from pgwitness.evidence.proofs import Group, Payload, Proof, Seal, SealedEvent

VECTORS: dict[str, Any] = json.loads(vectors.PATH.read_text(encoding="utf-8"))
EVENTS = VECTORS["events"]
LOG = VECTORS["log"]
CHECKPOINT = Checkpoint(LOG["origin"], len(LOG["seals"]), bytes.fromhex(LOG["root"]))


def hashes(texts: list[str]) -> list[bytes]:
    return [bytes.fromhex(text) for text in texts]


def test_the_file_is_what_the_builder_computes() -> None:
    """After a change of the builder: PYTHONPATH=tests:src python -m evidence.vectors."""
    assert vectors.PATH.read_text(encoding="utf-8") == vectors.dump()


def test_the_reference_tree() -> None:
    reference = VECTORS["rfc6962"]
    assert reference["empty_root"] == merkle.EMPTY_ROOT.hex()
    assert merkle.EMPTY_ROOT.hex().startswith("e3b0c44298fc1c14")
    assert tuple(reference["roots"]) == vectors.REFERENCE_ROOTS
    leaves = [merkle.hash_leaf(bytes.fromhex(text)) for text in reference["inputs"]]
    assert leaves == hashes(reference["leaves"])
    roots = [merkle.Tree(leaves[: size + 1]).root() for size in range(8)]
    assert roots == hashes(reference["roots"])
    for case in reference["inclusion"]:
        index, size = case["index"], case["size"]
        path = hashes(case["path"])
        merkle.verify_inclusion(leaves[index], index, size, path, roots[size - 1])
    for case in reference["consistency"]:
        old, size = case["old_size"], case["size"]
        merkle.verify_consistency(old, size, roots[old - 1], roots[size - 1], hashes(case["proof"]))


@pytest.mark.parametrize("tree", VECTORS["trees"]["of_size"], ids=lambda tree: str(tree["size"]))
def test_a_tree(tree: dict[str, Any]) -> None:
    size, root = tree["size"], bytes.fromhex(tree["root"])
    leaves = [merkle.hash_leaf(str(number).encode()) for number in range(size)]
    assert merkle.Tree(leaves).root() == root
    for case in tree["inclusion"]:
        index = case["index"]
        merkle.verify_inclusion(leaves[index], index, size, hashes(case["path"]), root)
    for case in tree["consistency"]:
        merkle.verify_consistency(
            case["old_size"], size, bytes.fromhex(case["old_root"]), root, hashes(case["proof"])
        )


@pytest.mark.parametrize("vector", EVENTS, ids=lambda vector: str(vector["about"]))
def test_an_event(vector: dict[str, Any]) -> None:
    event = SealedEvent.parse(vector["envelope"], vector["groups"])
    assert event.leaf.hex() == vector["leaf"]
    row = vector["row"]
    assert str(event.envelope.id) == row["id"]
    assert event.envelope.occurred_at.isoformat(timespec="microseconds") == row["occurred_at"]
    assert event.envelope.recorded_at.isoformat(timespec="microseconds") == row["recorded_at"]
    for column in ("sequence", "action", "entity_type", "outcome", "recorded_by"):
        assert getattr(event.envelope, column) == row[column]
    for name, group in event.groups.items():
        assert group.is_shown == (row[f"{name}_digest"] is None)
        assert group.digest.hex() == vector["groups"][name]["digest"]
        read = group.read()
        if isinstance(read, Payload):
            for column in proofs.Payload.__slots__:
                assert getattr(read, column) == row[column]
        elif group.is_shown:
            assert read == row[name]
        if group.is_shown:
            assert Group.parse(name, group.as_document()) == group
            assert Group.parse(name, group.hidden().as_document()) == group.hidden()


def test_seals_and_their_chain() -> None:
    last: dict[str, Seal] = {}
    tree = merkle.Tree()
    for vector in LOG["seals"]:
        seal = Seal.parse(vector["entry"])
        assert seal.hash.hex() == vector["hash"]
        assert str(seal.tenant_id) == vector["tenant_id"]
        assert seal.number == vector["seal_number"]
        assert merkle.Tree(hashes(vector["leaves"])).root() == seal.events_root
        before = last.get(vector["tenant_id"])
        assert seal.previous == (before.hash if before else bytes(32))
        last[vector["tenant_id"]] = seal
        tree.add(seal.hash)
    assert tree.root() == CHECKPOINT.root


def test_proofs() -> None:
    assert len(LOG["proofs"]) == len(EVENTS)
    for document in LOG["proofs"]:
        Proof.parse(document).verify(CHECKPOINT)


def test_the_checkpoint() -> None:
    vector = VECTORS["checkpoint"]
    key = SigningKey.parse(vector["private_key"])
    assert str(key.public) == vector["public_key"]
    assert key.public.id.hex() == vector["key_id"]
    assert CHECKPOINT.text == vector["text"]
    # Ed25519 has one signature for one text and key.
    assert CHECKPOINT.sign(key) == vector["note"]
    ledger = CHECKPOINT.sign_ledger(vector["ledger"], key)
    assert checkpoints.join(vector["note"], ledger).decode() == vector["file"]
    found = checkpoints.verify(
        vector["file"].encode(), KeyRing([PublicKey.parse(vector["public_key"])])
    )
    assert found.checkpoint == CHECKPOINT
    assert found.ledger == tuple(vector["ledger"])
    assert found.note.decode() == vector["note"]
