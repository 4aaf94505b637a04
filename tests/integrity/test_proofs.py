"""Proofs of events and of the log's growth, against the reference."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrity import reference
from integrity.laboratory import Laboratory, prove_many
from retention.vault import ago, old
from walls.ledger import call, refused, stored

from databases import TENANT_A, TENANT_B

SIZES = [*range(71), 1023, 1024, 1025, 2047, 2050, 3000]


def leaves(number: int) -> list[bytes]:
    return [hashlib.sha256(str(n).encode()).digest() for n in range(number)]


def test_trees_are_those_of_the_rfc(laboratory: Laboratory) -> None:
    for size in SIZES:
        packed = b"".join(leaves(size))
        assert laboratory.value(
            "select audit_private.merkle_root(%s::bytea)", packed
        ) == reference.root(leaves(size)), size
    assert laboratory.value("select audit_private.merkle_root(null)") == reference.root([])


def test_paths_are_those_of_the_rfc(laboratory: Laboratory) -> None:
    for size in SIZES[1:]:
        packed = b"".join(leaves(size))
        places = range(size) if size <= 70 else (0, 1, size // 2, size - 2, size - 1, 1023 % size)
        found = laboratory.all(
            "select index, audit_private.merkle_path(%s::bytea, index) as path "
            "from unnest(%s::integer[]) as index",
            packed,
            list(places),
        )
        for row in found:
            assert row["path"] == reference.path(row["index"], leaves(size)), (size, row["index"])


@pytest.fixture
def tall(laboratory: Laboratory) -> tuple[Laboratory, list[bytes]]:
    """A log of 70 made-up seals, grown in steps of every size."""
    laboratory.is_tampered_with = True
    made = leaves(70)
    laboratory.root.execute("set role audit_finder")
    size = 0
    while size < 70:
        grown = min(size + size % 5 + 1, 70)
        for place in range(size, grown):
            laboratory.root.execute(
                "insert into audit_private.tree_node values (0, %s, %s)", (place, made[place])
            )
        laboratory.root.execute("select audit_private.grow_log(%s, %s)", (size, grown))
        size = grown
    laboratory.root.execute("update audit_private.sealing set log_size = 70")
    laboratory.root.execute("reset role")
    return laboratory, made


def test_the_log_is_the_tree_of_the_rfc(tall: tuple[Laboratory, list[bytes]]) -> None:
    laboratory, made = tall
    roots = laboratory.all(
        "select size, audit_private.log_hash(0, size) as root from generate_series(0, 70) size"
    )
    for row in roots:
        assert row["root"] == reference.root(made[: row["size"]])
    paths = laboratory.all(
        "select index, size, audit_private.log_path(index, size) as path "
        "from generate_series(1, 70) size cross join generate_series(0, size - 1) index"
    )
    assert len(paths) == 70 * 71 / 2
    for row in paths:
        assert row["path"] == reference.path(row["index"], made[: row["size"]])
    assert laboratory.value("select count(*) from audit_private.tree_node") == sum(
        70 >> level for level in range(8)
    )


def test_a_later_log_is_proven_to_begin_with_an_earlier(
    tall: tuple[Laboratory, list[bytes]],
) -> None:
    laboratory, made = tall
    found = laboratory.all(
        "select old, new, audit.prove_consistency(old, new) as proof "
        "from generate_series(0, 70) new cross join generate_series(0, new) old"
    )
    assert len(found) == 71 * 72 / 2
    for row in found:
        expected = reference.consistency(row["old"], made[: row["new"]])
        assert row["proof"] == [hash_.hex() for hash_ in expected], row


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(sizes=st.tuples(st.integers(0, 70), st.integers(0, 70)))
def test_any_two_sizes_are_consistent_to_whoever_checks(
    tall: tuple[Laboratory, list[bytes]], sizes: tuple[int, int]
) -> None:
    """By the algorithm of RFC 9162, 2.1.4.2, which knows no leaf."""
    laboratory, made = tall
    old_size, new_size = sorted(sizes)
    proof = [
        bytes.fromhex(hash_)
        for hash_ in call(
            laboratory.auditor, "prove_consistency", old_size=old_size, new_size=new_size
        )
    ]
    old_root, new_root = reference.root(made[:old_size]), reference.root(made[:new_size])
    if old_size in (0, new_size):
        assert proof == []
        return
    assert is_consistent(old_size, new_size, old_root, new_root, proof)
    assert not is_consistent(old_size, new_size, bytes(32), new_root, proof)
    assert not is_consistent(old_size, new_size, old_root, bytes(32), proof)


def is_consistent(
    old_size: int, new_size: int, old_root: bytes, new_root: bytes, proof: list[bytes]
) -> bool:
    path = [old_root, *proof] if old_size & (old_size - 1) == 0 else proof
    place, last = old_size - 1, new_size - 1
    while place % 2 == 1:
        place, last = place >> 1, last >> 1
    old_found = new_found = path[0]
    for hash_ in path[1:]:
        if last == 0:
            return False
        if place % 2 == 1 or place == last:
            old_found = reference.node(hash_, old_found)
            new_found = reference.node(hash_, new_found)
            while place % 2 == 0 and place != 0:
                place, last = place >> 1, last >> 1
        else:
            new_found = reference.node(new_found, hash_)
        place, last = place >> 1, last >> 1
    return (old_found, new_found, last) == (old_root, new_root, 0)


def test_sizes_that_the_log_never_had_are_refused(tall: tuple[Laboratory, list[bytes]]) -> None:
    auditor = tall[0].auditor
    for old_size, new_size in ((5, 4), (-1, 4), (0, 71), (None, 4), (4, None), (71, 72)):
        with refused("WT132", case=(old_size, new_size)):
            call(auditor, "prove_consistency", old_size=old_size, new_size=new_size)


@pytest.mark.parametrize("persona", ["app", "backup", "stranger"])
def test_who_may_read_nothing_gets_no_proof(laboratory: Laboratory, persona: str) -> None:
    connection = laboratory.database.connect(laboratory.database.role(persona))
    with refused("42501"):
        call(connection, "prove_consistency", old_size=0, new_size=0)
    with refused("42501"):
        call(connection, "prove_event", event_id=uuid4())


def write_fully(laboratory: Laboratory) -> UUID:
    found: UUID = call(
        laboratory.app,
        "log_event",
        action="user_created",
        entity_type="user",
        entity_id="Ä 7",
        actor_id="erik\n:",
        description="An account was added",
        metadata={"plan": "big", "ö": 1.50},
    )
    return found


def log_root(laboratory: Laboratory, size: int | None = None) -> bytes:
    found: bytes = laboratory.value(
        "select audit_private.log_hash(0, coalesce(%s, s.log_size)) from audit_private.sealing s",
        size,
    )
    return found


@pytest.mark.parametrize("number", [1, 2, 7, 1024, 1025, 2051])
def test_an_event_of_a_seal_of_any_size_is_proven(laboratory: Laboratory, number: int) -> None:
    laboratory.write(1, laboratory.app_b)
    laboratory.write_many(number)
    laboratory.seal()
    laboratory.write()
    laboratory.seal()
    ids = [
        row["id"]
        for row in laboratory.all(
            "select l.id from audit_private.seal_part p cross join unnest(p.ids) with ordinality "
            "as l (id, n) where p.tenant_id = %s and p.seal_number = (select max(seal_number) - 1 "
            "from audit_private.seal where tenant_id = %s) order by p.part, l.n",
            TENANT_A,
            TENANT_A,
        )
    ]
    assert len(ids) >= number
    reader = laboratory.open_access()
    places = sorted(
        {0, len(ids) // 2, len(ids) - 1, min(1023, len(ids) - 1), min(1024, len(ids) - 1)}
    )
    chosen = [ids[place] for place in places]
    found = prove_many(reader, chosen)
    assert [event_id for event_id, _ in found] == chosen
    for place, (_, proof) in zip(places, found, strict=True):
        assert proof is not None
        assert proof["seal"]["index"] == place
        assert reference.root_of_proof(proof) == log_root(laboratory)


def test_a_proof_says_what_the_event_says(laboratory: Laboratory) -> None:
    event_id = write_fully(laboratory)
    laboratory.seal()
    proof = laboratory.prove(laboratory.open_access(), event_id)
    assert proof["groups"]["actor_id"]["content"] == "6:erik\n:"
    assert proof["groups"]["entity_id"]["content"] == "4:Ä 7"
    assert '{"ö": 1.5, "plan": "big"}' in proof["groups"]["payload"]["content"]
    assert str(event_id) in proof["envelope"]
    changes: list[Callable[[dict[str, Any]], None]] = [
        lambda p: p.update(envelope=p["envelope"].replace("user_created", "user_deleted")),
        lambda p: p["groups"]["actor_id"].update(content="6:erik\n;"),
        lambda p: p["groups"]["payload"].update(salt="00" * 32),
        lambda p: p["seal"].update(index=p["seal"]["index"] + 1),
        lambda p: p["seal"].update(entry=p["seal"]["entry"] + "\n"),
        lambda p: p["log"].update(path=p["log"]["path"][:-1]),
    ]
    for change in changes:
        forged = copy.deepcopy(proof)
        change(forged)
        assert forged != proof
        assert not is_proven(forged, log_root(laboratory))
    assert is_proven(proof, log_root(laboratory))


def is_proven(proof: dict[str, Any], expected: bytes) -> bool:
    try:
        return reference.root_of_proof(proof) == expected
    except AssertionError:
        return False


def test_a_group_that_is_blacked_out_leaves_the_proof_whole(laboratory: Laboratory) -> None:
    event_id = write_fully(laboratory)
    laboratory.seal()
    proof = laboratory.prove(laboratory.open_access(), event_id)
    for name in reference.GROUPS:
        group = proof["groups"][name]
        salt, content = bytes.fromhex(group["salt"]), group["content"].encode()
        digest = hashlib.sha256(b"\x02" + name.encode() + salt + content).hexdigest()
        proof["groups"][name] = {"digest": digest}
        assert reference.root_of_proof(proof) == log_root(laboratory)


def test_an_erased_group_is_proven_by_its_digest(laboratory: Laboratory) -> None:
    event_id = write_fully(laboratory)
    laboratory.seal()
    reader = laboratory.open_access()
    before = laboratory.prove(reader, event_id)
    expected = log_root(laboratory)
    for number, name in enumerate(("payload", "actor_id", "entity_id"), 1):
        laboratory.erase(event_id, name)
        [(_, proof)] = prove_many(reader, [event_id], before["log"]["size"])
        assert proof is not None
        groups = proof["groups"]
        assert sum("digest" in group for group in groups.values()) == number
        assert {n: g for n, g in groups.items() if "salt" in g} == {
            n: g for n, g in before["groups"].items() if "digest" not in groups[n]
        }
        assert reference.root_of_proof(proof) == expected
    assert "erik" not in str(groups)


def test_a_proof_can_be_had_in_an_earlier_log(laboratory: Laboratory) -> None:
    """So that it fits a checkpoint that somebody holds already; not in one from before its seal."""
    event_id = write_fully(laboratory)
    size_before = laboratory.value("select log_size from audit_private.sealing")
    laboratory.seal()
    for _ in range(6):
        laboratory.write()
        laboratory.seal()
    reader = laboratory.open_access()
    now = laboratory.value("select log_size from audit_private.sealing")
    proven = 0
    for size in range(now + 1):
        [(_, proof)] = prove_many(reader, [event_id], size)
        if proof is not None:
            proven += 1
            assert proof["log"]["size"] == size > size_before
            assert reference.root_of_proof(proof) == log_root(laboratory, size)
    assert proven >= 7
    for size in (now + 1, -1):
        with refused("WT132", case=size):
            prove_many(reader, [event_id], size)


def test_how_many_are_proven_at_once_is_bounded(laboratory: Laboratory) -> None:
    reader = laboratory.open_access()
    for ids in ([], [uuid4()] * 1001, None):
        with refused("WT132"):
            prove_many(reader, ids)
    assert prove_many(reader, [uuid4()] * 1000) == []


def test_without_a_session_nothing_is_proven_and_each_proof_is_told(laboratory: Laboratory) -> None:
    event_id = write_fully(laboratory)
    laboratory.seal()
    reader = laboratory.database.connect(laboratory.database.role("reader"))
    with refused("WT030"):
        call(reader, "prove_event", event_id=event_id)
    laboratory.prove(laboratory.open_access(), event_id)
    [told] = stored(laboratory.database, "action = 'audit_log_viewed'")
    assert told["metadata"]["route"] == "proof"
    assert told["metadata"]["rows"] == 1
    assert told["metadata"]["filter"] == {"id": [str(event_id)]}


def test_another_tenant_s_event_is_not_there(laboratory: Laboratory) -> None:
    event_id = write_fully(laboratory)
    laboratory.seal()
    stranger = laboratory.open_access("reader", "b")
    with refused("WT044"):
        call(stranger, "prove_event", event_id=event_id)
    assert prove_many(stranger, [event_id]) == []
    with refused("WT002"):
        call(stranger, "prove_event", event_id=event_id, tenant_id=TENANT_A)
    with refused("WT002"):
        call(laboratory.open_access(), "prove_event", event_id=event_id, tenant_id=TENANT_B)


def test_what_is_not_there_or_not_sealed_is_told_apart(laboratory: Laboratory) -> None:
    laboratory.seal()
    reader = laboratory.open_access()
    event_id = write_fully(laboratory)
    with refused("WT132"):
        call(reader, "prove_event", event_id=event_id)
    for nothing in (uuid4(), None):
        with refused("WT044"):
            call(reader, "prove_event", event_id=nothing)
    assert prove_many(reader, [event_id, uuid4(), None]) == [(event_id, None)]
    laboratory.seal()
    assert reference.root_of_proof(laboratory.prove(reader, event_id)) == log_root(laboratory)


def test_what_has_expired_is_not_proven_any_more(laboratory: Laboratory) -> None:
    """Proofs leave through the wall, as all rows do."""
    [event_id] = laboratory.bring(old(400))
    laboratory.seal()
    with refused("WT044"):
        call(laboratory.open_access(), "prove_event", event_id=event_id)


def test_what_a_purge_left_of_a_seal_is_still_proven(laboratory: Laboratory) -> None:
    held, young, _ = laboratory.bring(
        old(400, description="held", actor_id="erik"), old(300), old(400)
    )
    laboratory.hold("case 1", {"actor_id": "erik"})
    laboratory.seal()
    laboratory.purge()
    laboratory.seal()
    assert len(laboratory.left()) == 2
    reader = laboratory.open_access()
    for event_id in (held, young):
        assert reference.root_of_proof(laboratory.prove(reader, event_id)) == log_root(laboratory)


def test_events_of_one_microsecond_are_proven_each(laboratory: Laboratory) -> None:
    laboratory.bring(old(30))
    laboratory.fill(9, ago(30))
    laboratory.seal()
    ids = [
        row["id"]
        for row in laboratory.all("select id from audit_private.event where description = 'of a'")
    ]
    found = prove_many(laboratory.open_access(), ids)
    assert len(found) == 9
    for _, proof in found:
        assert proof is not None
        assert reference.root_of_proof(proof) == log_root(laboratory)


def test_an_event_that_was_imported_anew_is_proven_by_its_new_seal(laboratory: Laboratory) -> None:
    """Its old seal still lists it, as removed, with the leaf that it had then."""
    twice = old(400, description="twice")
    laboratory.bring(old(400, description="held", actor_id="erik"), twice)
    laboratory.hold("case 1", {"actor_id": "erik"})
    laboratory.purge()
    assert laboratory.left() == ["held"]
    laboratory.set_retention(700)
    [event_id] = laboratory.bring(twice)
    laboratory.seal()
    proof = laboratory.prove(laboratory.open_access(), event_id)
    assert reference.root_of_proof(proof) == log_root(laboratory)
    assert prove_many(laboratory.open_access(), [event_id], proof["log"]["index"]) == [
        (event_id, None)
    ]
