"""Merkle trees of RFC 6962, section 2.1, with SHA-256, and the proofs about them.

Proofs are verified by the algorithms of RFC 9162, sections 2.1.3.2 and 2.1.4.2, which take the
proofs of RFC 6962. Hashes are 32 bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from pgwitness.errors import PgwitnessError

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256().digest()
"""Root of the tree without leaves."""


class ProofInvalid(PgwitnessError):
    """A proof doesn't hold.

    Attributes:
        part: what of it: envelope, a group's name, seal or log; None when that can't be told.
    """

    part: str | None = None


def hash_leaf(entry: bytes) -> bytes:
    """Gives the hash of a leaf."""
    return hashlib.sha256(b"\x00" + entry).digest()


def hash_node(left: bytes, right: bytes) -> bytes:
    """Gives the hash of what stands above two hashes."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """The root of leaves that come one by one; memory stays flat.

    Attributes:
        size: how many leaves there are.
    """

    def __init__(self, leaves: Iterable[bytes] = ()) -> None:
        """Begins with the hashes of some leaves."""
        self.size = 0
        # Roots of whole subtrees, largest first: one for each 1 in the binary size.
        self._roots: list[bytes] = []
        for leaf in leaves:
            self.add(leaf)

    def add(self, leaf: bytes) -> None:
        """Takes the hash of the next leaf."""
        ends = self.size
        while ends & 1:
            leaf = hash_node(self._roots.pop(), leaf)
            ends >>= 1
        self._roots.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """Gives the root as it stands."""
        if not self._roots:
            return EMPTY_ROOT
        *left, root = self._roots
        for subtree in reversed(left):
            root = hash_node(subtree, root)
        return root


def root_of(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """Gives the root that an inclusion proof leads to.

    Args:
        leaf: hash of the leaf.
        index: its place, from 0.
        size: number of leaves.
        path: hashes from the leaf to the root.

    Raises:
        ProofInvalid: there is no such place, or the path hasn't the length that it takes.
    """
    if not 0 <= index < size:
        raise ProofInvalid(f"there is no leaf {index} among {size}")
    place, last, root = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise ProofInvalid("the path is too long")
        if place & 1 or place == last:
            root = hash_node(sibling, root)
            while not place & 1 and place:
                place >>= 1
                last >>= 1
        else:
            root = hash_node(root, sibling)
        place >>= 1
        last >>= 1
    if last:
        raise ProofInvalid("the path is too short")
    return root


def verify_inclusion(
    leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes
) -> None:
    """Proves that a leaf has its place in the tree of a root.

    Args:
        leaf: hash of the leaf.
        index: its place, from 0.
        size: number of leaves.
        path: hashes from the leaf to the root.
        root: of the tree.

    Raises:
        ProofInvalid: it doesn't hold.
    """
    found = root_of(leaf, index, size, path)
    if found != root:
        raise ProofInvalid(
            f"the path doesn't lead from leaf {index} of {size} to the root",
            detail=f"It leads to {found.hex()}; the root is {root.hex()}.",
        )


def verify_consistency(
    old_size: int, new_size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Proves that a tree only grew: that its first leaves are those of an older one.

    Args:
        old_size: leaves of the older tree.
        new_size: leaves of the newer one.
        old_root: its root.
        new_root: the newer one's root.
        proof: as RFC 6962, section 2.1.2 has it; empty for trees of one size and for an empty tree.

    Raises:
        ProofInvalid: it doesn't hold.
    """
    if not 0 <= old_size <= new_size:
        raise ProofInvalid(f"a tree of {new_size} leaves didn't grow from one of {old_size}")
    if old_size == 0 or old_size == new_size:
        if proof:
            raise ProofInvalid("the proof is too long")
        _compare(old_size, old_root, new_root if old_size else EMPTY_ROOT)
        if new_size == 0:
            _compare(new_size, new_root, EMPTY_ROOT)
        return
    hashes = list(proof)
    if old_size & (old_size - 1) == 0:
        hashes.insert(0, old_root)
    if not hashes:
        raise ProofInvalid("the proof is too short")
    place, last = old_size - 1, new_size - 1
    while place & 1:
        place >>= 1
        last >>= 1
    old = new = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            raise ProofInvalid("the proof is too long")
        if place & 1 or place == last:
            old = hash_node(sibling, old)
            new = hash_node(sibling, new)
            while not place & 1 and place:
                place >>= 1
                last >>= 1
        else:
            new = hash_node(new, sibling)
        place >>= 1
        last >>= 1
    if last:
        raise ProofInvalid("the proof is too short")
    _compare(old_size, old_root, old)
    _compare(new_size, new_root, new)


def _compare(size: int, root: bytes, proven: bytes) -> None:
    if root != proven:
        raise ProofInvalid(
            f"the tree of {size} leaves has another root",
            detail=f"By the proof it is {proven.hex()}, not {root.hex()}.",
        )
