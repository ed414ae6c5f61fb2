"""ICS-23 proofs of the state tree: what a key's value is, or which neighbours it would be between."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.errors import InputError
from focusmesh.kernel.state.ics23.forms import (
    SMT_SPEC,
    BatchEntry,
    BatchProof,
    CommitmentProof,
    ExistenceProof,
    Hash,
    InnerOp,
    NonExistenceProof,
)
from focusmesh.kernel.state.tree import paths as tree_paths

if TYPE_CHECKING:
    from collections.abc import Iterable

    from focusmesh.kernel.state.tree.records import Leaf
    from focusmesh.kernel.state.tree.walk import Walk

_INNER = b"\x01"


def prove(walk: Walk, key: bytes) -> CommitmentProof:
    """See Tree.prove."""
    entry = _entry(walk, key)
    return CommitmentProof(entry.exist, entry.nonexist)


def prove_many(walk: Walk, keys: Iterable[bytes]) -> CommitmentProof:
    """See Tree.prove_many."""
    return CommitmentProof(batch=BatchProof(tuple(_entry(walk, key) for key in keys)))


def _entry(walk: Walk, key: bytes) -> BatchEntry:
    leaf = walk.find(key)
    if leaf is not None:
        return BatchEntry(exist=_existence(walk, leaf))
    path = tree_paths.path_of(key)
    before, behind = walk.neighbours(path)
    if before is None and behind is None:
        raise InputError("an empty tree has no proof of absence: its root is 32 zero bytes")
    # The published vectors have the hashed key here; verifiers do not read it.
    left, right = (None if leaf is None else _existence(walk, leaf) for leaf in (before, behind))
    return BatchEntry(nonexist=NonExistenceProof(path, left, right))


def _existence(walk: Walk, leaf: Leaf) -> ExistenceProof:
    siblings = walk.way(leaf.path).siblings
    steps = [_step(leaf.path, depth, sibling) for depth, sibling in enumerate(siblings)]
    return ExistenceProof(leaf.key, leaf.value, SMT_SPEC.leaf_spec, tuple(reversed(steps)))


def _step(path: bytes, depth: int, sibling: bytes) -> InnerOp:
    """The step from below bit ``depth`` of a path."""
    if path[depth // 8] >> (7 - depth % 8) & 1:
        return InnerOp(Hash.SHA256, _INNER + sibling)
    return InnerOp(Hash.SHA256, _INNER, sibling)
