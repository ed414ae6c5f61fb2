"""The verifier of ICS-23 proofs: whether a key has a value, or has none, under a root.

It needs neither the tree nor anything that is not in Python's own library; nothing that it imports does. Rules:
cosmos/ics23, go/proof.go and go/ops.go; every one of their published vectors is a test. A proof speaks about a tree
that its keeper made by the rules (each leaf in its place): the block's header is what says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.errors import ProofError
from focusmesh.kernel.state.ics23.forms import IAVL_SPEC, SMT_SPEC, Hash
from focusmesh.kernel.state.ics23.steps import (
    check_depth,
    check_iavl,
    check_inner,
    check_leaf,
    hash_content,
    inner_hash,
    known_spec,
    leaf_hash,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.kernel.state.ics23.forms import (
        CommitmentProof,
        ExistenceProof,
        InnerOp,
        InnerSpec,
        NonExistenceProof,
        ProofSpec,
    )

_OTHER = "the proof is about another key"


def verify_membership(
    root: bytes, proof: CommitmentProof, key: bytes, value: bytes, spec: ProofSpec = SMT_SPEC
) -> None:
    """Raises ProofError unless the proof, or one in its batch, shows that ``key`` has ``value`` under ``root``.

    O(steps) hashes.
    """
    proofs = [proof.exist] + [entry.exist for entry in (proof.batch.entries if proof.batch else ())]
    own = [found for found in proofs if found is not None and found.key == key]
    if not own:
        raise ProofError("proof-key", _OTHER)
    _verify(own[0], root, value, spec)


def verify_non_membership(
    root: bytes, proof: CommitmentProof, key: bytes, spec: ProofSpec = SMT_SPEC
) -> None:
    """Raises ProofError unless the proof, or one in its batch, shows that ``key`` has no value under ``root``.

    O(steps) hashes.
    """
    entries = proof.batch.entries if proof.batch else ()
    proofs = [proof.nonexist] + [entry.nonexist for entry in entries]
    place = _place(spec, key)
    own = [found for found in proofs if found is not None and _is_between(found, place, spec)]
    if not own:
        raise ProofError("proof-key", _OTHER)
    _verify_gap(own[0], root, spec)


def calculated_root(proof: ExistenceProof) -> bytes:
    """The root that a proof leads to. Raises ProofError where a step cannot be taken."""
    if proof.leaf is None:
        raise ProofError("proof-form", "the proof has no leaf")
    node = leaf_hash(proof.leaf, proof.key, proof.value)
    for step in proof.path:
        node = inner_hash(step, node)
    return node


def check_form(proof: ExistenceProof, spec: ProofSpec) -> None:
    """Raises ProofError unless the leaf and every step are such as the specification allows."""
    if proof.leaf is None:
        raise ProofError("proof-form", "the proof has no leaf")
    known = known_spec(spec)
    if known is IAVL_SPEC:
        check_iavl(proof.leaf.prefix, 0)
    check_leaf(proof.leaf, spec.leaf_spec)
    check_depth(len(proof.path), spec)
    for layer, step in enumerate(proof.path, start=1):
        check_inner(step, spec, known, layer)


def _verify(proof: ExistenceProof, root: bytes, value: bytes, spec: ProofSpec) -> None:
    check_form(proof, spec)
    if proof.value != value:
        raise ProofError(
            "proof-value", f"key {proof.key.hex()} does not have the value that was given"
        )
    if calculated_root(proof) != root:
        raise ProofError("proof-root", f"key {proof.key.hex()} is not under root {root.hex()}")


def _place(spec: ProofSpec, key: bytes) -> bytes:
    """What keys are ordered by."""
    how = spec.leaf_spec.prehash_key
    if spec.prehash_key_before_comparison and how != Hash.NONE:
        return hash_content(how, key)
    return key


def _is_between(proof: NonExistenceProof, place: bytes, spec: ProofSpec) -> bool:
    left, right = proof.left, proof.right
    is_right = left is None or _place(spec, left.key) < place
    return is_right and (right is None or place < _place(spec, right.key))


def _verify_gap(proof: NonExistenceProof, root: bytes, spec: ProofSpec) -> None:
    """Raises ProofError unless both neighbours are under the root with nothing between them."""
    left, right = proof.left, proof.right
    for neighbour in (left, right):
        if neighbour is not None:
            _verify(neighbour, root, neighbour.value, spec)
    inner = spec.inner_spec
    if left is not None and right is not None:
        adjacent = are_neighbours(inner, left.path, right.path)
    elif right is not None:
        adjacent = is_outermost(inner, right.path, 0)
    elif left is not None:
        adjacent = is_outermost(inner, left.path, len(inner.child_order) - 1)
    else:
        raise ProofError("proof-form", "a proof of absence has no neighbour")
    if not adjacent:
        raise ProofError("proof-order", "there is room for other keys between the neighbours")


def is_outermost(spec: InnerSpec, path: Sequence[InnerOp], branch: int) -> bool:
    """Whether nothing but empty children lies on the outer side, which is that of ``branch``, at any step."""
    return all(
        _is_branch(spec, step, branch) or is_beside_nothing(spec, step, branch) for step in path
    )


def are_neighbours(spec: InnerSpec, left: Sequence[InnerOp], right: Sequence[InnerOp]) -> bool:
    """Whether ``right`` leads to the next leaf: where the two part they are adjacent, below that outermost."""
    shared = 0
    for one, other in zip(reversed(left), reversed(right), strict=False):
        if (one.prefix, one.suffix) != (other.prefix, other.suffix):
            break
        shared += 1
    else:
        return False
    parting = _branch(spec, left[-1 - shared]), _branch(spec, right[-1 - shared])
    if None in parting or parting[1] != (parting[0] or 0) + 1:
        return False
    below = len(left) - 1 - shared, len(right) - 1 - shared
    last = len(spec.child_order) - 1
    return is_outermost(spec, left[: below[0]], last) and is_outermost(spec, right[: below[1]], 0)


def is_beside_nothing(spec: InnerSpec, step: InnerOp, branch: int) -> bool:
    """Whether all children on the side of ``branch``, the first or the last, are empty, and there is one at least."""
    own = _branch(spec, step)
    if own is None or own == branch:
        return False
    size = spec.child_size
    if branch == 0:
        first = len(step.prefix) - own * size
        places = [spec.child_order.index(other) for other in range(own)]
        siblings = [step.prefix[first + at * size : first + (at + 1) * size] for at in places]
    else:
        siblings = [step.suffix[at : at + size] for at in range(0, len(step.suffix), size)]
    return all(sibling == spec.empty_child for sibling in siblings)


def _branch(spec: InnerSpec, step: InnerOp) -> int | None:
    """Which child the step comes from, told by the bytes around it."""
    branches = range(len(spec.child_order))
    return next((branch for branch in branches if _is_branch(spec, step, branch)), None)


def _is_branch(spec: InnerSpec, step: InnerOp, branch: int) -> bool:
    place = spec.child_order.index(branch)
    before, behind = place * spec.child_size, (len(spec.child_order) - 1 - place) * spec.child_size
    shortest, longest = before + spec.min_prefix_length, before + spec.max_prefix_length
    return shortest <= len(step.prefix) <= longest and len(step.suffix) == behind
