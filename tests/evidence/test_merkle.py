"""Trees and proofs against the plain recursions of RFC 6962."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.builder import consistency_of, mth, path_of
from evidence.vectors import leaf_number
from pgwitness.evidence.merkle import (
    EMPTY_ROOT,
    ProofInvalid,
    Tree,
    root_of,
    verify_consistency,
    verify_inclusion,
)

LEAVES = [leaf_number(number) for number in range(300)]
SIZES = st.integers(1, len(LEAVES))


@given(st.integers(0, len(LEAVES)))
def test_roots(size: int) -> None:
    assert Tree(LEAVES[:size]).root() == mth(LEAVES[:size])


@given(SIZES, st.data())
def test_a_leaf_is_proven_at_its_place(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    path = path_of(index, LEAVES[:size])
    verify_inclusion(LEAVES[index], index, size, path, mth(LEAVES[:size]))


def changes(data: st.DataObject, proof: Sequence[bytes]) -> list[bytes]:
    """The proof with a hash more, less, changed, or two of them exchanged."""
    kinds = ["more"] + (["less", "changed"] if proof else [])
    if len(set(proof)) > 1:
        kinds.append("exchanged")
    kind = data.draw(st.sampled_from(kinds))
    changed = list(proof)
    if kind == "more":
        changed.insert(data.draw(st.integers(0, len(proof))), bytes(32))
    elif kind == "less":
        del changed[data.draw(st.integers(0, len(proof) - 1))]
    elif kind == "changed":
        place = data.draw(st.integers(0, len(proof) - 1))
        byte = data.draw(st.integers(0, 31))
        other = bytearray(changed[place])
        other[byte] ^= 1 << data.draw(st.integers(0, 7))
        changed[place] = bytes(other)
    else:
        changed[0], changed[-1] = changed[-1], changed[0]
    return changed


@given(SIZES, st.data())
def test_no_other_path_proves_a_leaf(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    path = changes(data, path_of(index, LEAVES[:size]))
    with pytest.raises(ProofInvalid):
        verify_inclusion(LEAVES[index], index, size, path, mth(LEAVES[:size]))


@given(st.integers(2, len(LEAVES)), st.data())
def test_no_other_leaf_or_place_is_proven(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(0, size - 1).filter(lambda place: place != index))
    path, root = path_of(index, LEAVES[:size]), mth(LEAVES[:size])
    with pytest.raises(ProofInvalid):
        verify_inclusion(LEAVES[other], index, size, path, root)
    with pytest.raises(ProofInvalid):
        verify_inclusion(LEAVES[index], other, size, path, root)


@pytest.mark.parametrize(("index", "size"), [(-1, 1), (1, 1), (0, 0), (8, 8)])
def test_there_is_no_such_place(index: int, size: int) -> None:
    with pytest.raises(ProofInvalid, match="there is no leaf"):
        root_of(LEAVES[0], index, size, [])


@given(SIZES, st.data())
def test_growth_is_proven(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(0, size))
    proof = consistency_of(old, LEAVES[:size])
    verify_consistency(old, size, mth(LEAVES[:old]), mth(LEAVES[:size]), proof)


@given(SIZES, st.data())
def test_no_other_proof_proves_growth(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(0, size))
    proof = changes(data, consistency_of(old, LEAVES[:size]))
    with pytest.raises(ProofInvalid):
        verify_consistency(old, size, mth(LEAVES[:old]), mth(LEAVES[:size]), proof)


@given(SIZES, st.data())
def test_a_rewritten_tree_is_no_growth(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size))
    place = data.draw(st.integers(0, old - 1))
    rewritten = [*LEAVES[:size]]
    rewritten[place] = bytes(32)
    proof = consistency_of(old, rewritten)
    with pytest.raises(ProofInvalid):
        verify_consistency(old, size, mth(LEAVES[:old]), mth(rewritten), proof)


def test_what_did_not_grow() -> None:
    roots = [mth(LEAVES[:size]) for size in range(4)]
    with pytest.raises(ProofInvalid, match="didn't grow"):
        verify_consistency(3, 2, roots[3], roots[2], [])
    with pytest.raises(ProofInvalid, match="another root"):
        verify_consistency(2, 2, roots[1], roots[2], [])
    with pytest.raises(ProofInvalid, match="another root"):
        verify_consistency(0, 2, roots[1], roots[2], [])
    with pytest.raises(ProofInvalid, match="another root"):
        verify_consistency(0, 0, roots[1], roots[1], [])
    with pytest.raises(ProofInvalid, match="too short"):
        verify_consistency(1, 3, roots[1], roots[3], [])
    verify_consistency(0, 3, EMPTY_ROOT, roots[3], [])
