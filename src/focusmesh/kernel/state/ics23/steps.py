"""Single steps of an ICS-23 proof: what they compute, and whether a specification allows them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from focusmesh.errors import ProofError
from focusmesh.kernel.state.ics23.forms import IAVL_SPEC, TENDERMINT_SPEC, Hash, Length

if TYPE_CHECKING:
    from focusmesh.kernel.state.ics23.forms import InnerOp, InnerSpec, LeafOp, ProofSpec

_DEPTH_MAX = 128
_NAMES = {
    Hash.SHA256: "sha256",
    Hash.SHA512: "sha512",
    Hash.RIPEMD160: "ripemd160",
    Hash.SHA512_256: "sha512_256",
    Hash.BLAKE2B_512: "blake2b",
    Hash.BLAKE2S_256: "blake2s",
}
_INTEGERS = {
    Length.FIXED32_BIG: (4, "big"),
    Length.FIXED32_LITTLE: (4, "little"),
    Length.FIXED64_BIG: (8, "big"),
    Length.FIXED64_LITTLE: (8, "little"),
}
_REQUIRED = {Length.REQUIRE_32_BYTES: 32, Length.REQUIRE_64_BYTES: 64}


def hash_content(how: int, content: bytes) -> bytes:
    """``content`` hashed. Raises ProofError for a hash that nobody uses here."""
    if how == Hash.SHA256:
        return hashlib.sha256(content).digest()
    if how == Hash.BITCOIN:
        return hash_content(Hash.RIPEMD160, hash_content(Hash.SHA256, content))
    name = _NAMES.get(Hash(how)) if how in list(Hash) else None
    if name is None or name not in hashlib.algorithms_available:
        raise ProofError("proof-spec", f"hash {how} of a proof is not supported")
    return hashlib.new(name, content).digest()


def leaf_hash(step: LeafOp, key: bytes, value: bytes) -> bytes:
    """The hash of a leaf. Raises ProofError where the step cannot be taken."""
    if not key or not value:
        raise ProofError("proof-form", "a leaf of a proof lacks its key or its value")
    parts = (
        _prefix_length(step.length, content if how == Hash.NONE else hash_content(how, content))
        for how, content in ((step.prehash_key, key), (step.prehash_value, value))
    )
    return hash_content(step.hash, step.prefix + b"".join(parts))


def inner_hash(step: InnerOp, child: bytes) -> bytes:
    """The hash of a parent. Raises ProofError where the step cannot be taken."""
    if not child:
        raise ProofError("proof-form", "an inner step of a proof lacks its child")
    return hash_content(step.hash, step.prefix + child + step.suffix)


def _prefix_length(how: int, content: bytes) -> bytes:
    """``content`` behind its length."""
    if how == Length.NO_PREFIX:
        return content
    if how == Length.VAR_PROTO:
        return varint(len(content)) + content
    if how in _INTEGERS:
        size, order = _INTEGERS[Length(how)]
        return len(content).to_bytes(size, "big" if order == "big" else "little") + content
    if how in _REQUIRED and len(content) == _REQUIRED[Length(how)]:
        return content
    raise ProofError("proof-spec", f"length {how} of a proof is not supported, or not this long")


def varint(number: int) -> bytes:
    """A whole number ≥ 0 as protobuf has it."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def check_leaf(step: LeafOp, spec: LeafOp) -> None:
    """Raises ProofError unless the specification allows this leaf."""
    kinds = (step.hash, step.prehash_key, step.prehash_value, step.length)
    if kinds != (spec.hash, spec.prehash_key, spec.prehash_value, spec.length):
        raise ProofError(
            "proof-spec", "a leaf of the proof is not hashed as the specification says"
        )
    if not step.prefix.startswith(spec.prefix):
        raise ProofError(
            "proof-spec", "a leaf of the proof does not have the prefix of the specification"
        )


def check_inner(step: InnerOp, spec: ProofSpec, known: ProofSpec | None, layer: int) -> None:
    """Raises ProofError unless a specification, like a ``known`` one or not, allows the step ``layer`` above a leaf."""
    inner = spec.inner_spec
    if step.hash != inner.hash:
        raise ProofError(
            "proof-spec", "an inner step of the proof is not hashed as the specification says"
        )
    if known is IAVL_SPEC:
        check_iavl(step.prefix, layer)
    if known is TENDERMINT_SPEC:
        _check_tendermint(step)
    longest = inner.max_prefix_length + (len(inner.child_order) - 1) * inner.child_size
    fits = inner.min_prefix_length <= len(step.prefix) <= longest
    if not fits or step.prefix.startswith(spec.leaf_spec.prefix):
        raise ProofError(
            "proof-spec",
            "an inner step of the proof has a prefix that the specification does not allow",
        )
    if (
        inner.child_size < 1
        or inner.max_prefix_length >= inner.min_prefix_length + inner.child_size
    ):
        raise ProofError("proof-spec", "the specification leaves open where a child begins")
    if len(step.suffix) % inner.child_size:
        raise ProofError(
            "proof-spec",
            "an inner step of the proof has a suffix that the specification does not allow",
        )


def check_depth(depth: int, spec: ProofSpec) -> None:
    """Raises ProofError where a proof is shorter or longer than the specification allows."""
    if not spec.min_depth <= depth <= (spec.max_depth or _DEPTH_MAX):
        raise ProofError("proof-spec", f"the proof has {depth} inner steps")


def known_spec(spec: ProofSpec) -> ProofSpec | None:
    """The known specification that one is like, of those whose prefixes have a form of their own."""
    return next((known for known in (IAVL_SPEC, TENDERMINT_SPEC) if _is_like(spec, known)), None)


def check_iavl(prefix: bytes, layer: int) -> None:
    """Raises ProofError unless a prefix is that of an IAVL node: height, size, version, and what belongs behind."""
    (height, size, version), rest = _signed_varints(prefix, 3)
    if min(height, size, version) < 0 or height < layer:
        raise ProofError("proof-spec", f"IAVL node {height, size, version} at layer {layer}")
    if layer == 0 and (rest or height or size != 1):
        raise ProofError("proof-spec", "an IAVL leaf has height 0, size 1 and nothing behind")
    if layer and rest not in {1, 34}:
        raise ProofError("proof-spec", "an IAVL node has 1 or 34 bytes behind its version")


def _signed_varints(content: bytes, count: int) -> tuple[list[int], int]:
    """Zigzag varints of up to 64 bits at the front, and how many bytes are behind them."""
    found, at = [], 0
    for _ in range(count):
        number = shift = 0
        while True:
            if at >= len(content) or shift > 63:
                raise ProofError("proof-spec", "an IAVL prefix ends within a number")
            number |= (content[at] & 0x7F) << shift
            at, shift = at + 1, shift + 7
            if content[at - 1] < 0x80:
                break
        found.append(number >> 1 ^ -(number & 1))
    return found, len(content) - at


def _check_tendermint(step: InnerOp) -> None:
    if not step.prefix.startswith(b"\x01") or (step.suffix and step.prefix != b"\x01"):
        raise ProofError("proof-spec", "an inner prefix of such a tree begins with 1")


def _is_like(spec: ProofSpec, known: ProofSpec) -> bool:
    """Equal in what tells kinds of trees apart (SpecEquals of the reference implementation)."""
    return _leaf_kind(spec.leaf_spec) == _leaf_kind(known.leaf_spec) and _inner_kind(
        spec.inner_spec
    ) == _inner_kind(known.inner_spec)


def _leaf_kind(spec: LeafOp) -> tuple[int, ...]:
    return spec.hash, spec.prehash_key, spec.prehash_value, spec.length


def _inner_kind(spec: InnerSpec) -> tuple[int, ...]:
    lengths = spec.min_prefix_length, spec.max_prefix_length
    return spec.hash, *lengths, spec.child_size, len(spec.child_order)
