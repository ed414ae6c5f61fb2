"""What an ICS-23 proof consists of (cosmos/ics23, proofs.proto), and the specifications that say which are acceptable.

Imports nothing but Python's own library, as all of the verifier (verifier.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Hash(IntEnum):
    """HashOp: how bytes are hashed."""

    NONE = 0
    SHA256 = 1
    SHA512 = 2
    KECCAK256 = 3
    RIPEMD160 = 4
    BITCOIN = 5
    SHA512_256 = 6
    BLAKE2B_512 = 7
    BLAKE2S_256 = 8
    BLAKE3 = 9


class Length(IntEnum):
    """LengthOp: what is put before bytes to say how many they are."""

    NO_PREFIX = 0
    VAR_PROTO = 1
    VAR_RLP = 2
    FIXED32_BIG = 3
    FIXED32_LITTLE = 4
    FIXED64_BIG = 5
    FIXED64_LITTLE = 6
    REQUIRE_32_BYTES = 7
    REQUIRE_64_BYTES = 8


@dataclass(frozen=True, slots=True)
class LeafOp:
    """How key and value become the hash of a leaf."""

    hash: int = 0
    prehash_key: int = 0
    prehash_value: int = 0
    length: int = 0
    prefix: bytes = b""


@dataclass(frozen=True, slots=True)
class InnerOp:
    """How a child's hash becomes its parent's: hash(prefix ‖ child ‖ suffix)."""

    hash: int = 0
    prefix: bytes = b""
    suffix: bytes = b""


@dataclass(frozen=True, slots=True)
class ExistenceProof:
    """A key with its value, and the steps from its leaf to the root."""

    key: bytes = b""
    value: bytes = b""
    leaf: LeafOp | None = None
    path: tuple[InnerOp, ...] = ()


@dataclass(frozen=True, slots=True)
class NonExistenceProof:
    """The neighbours between which a key would be; None beyond the first or the last."""

    key: bytes = b""
    left: ExistenceProof | None = None
    right: ExistenceProof | None = None


@dataclass(frozen=True, slots=True)
class BatchEntry:
    """One proof of a batch."""

    exist: ExistenceProof | None = None
    nonexist: NonExistenceProof | None = None


@dataclass(frozen=True, slots=True)
class BatchProof:
    """Proofs of many keys."""

    entries: tuple[BatchEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class CommitmentProof:
    """One of the three. Compressed batches are unpacked when they are decoded."""

    exist: ExistenceProof | None = None
    nonexist: NonExistenceProof | None = None
    batch: BatchProof | None = None


@dataclass(frozen=True, slots=True)
class InnerSpec:
    """What inner steps must look like."""

    child_order: tuple[int, ...]
    child_size: int
    min_prefix_length: int
    max_prefix_length: int
    empty_child: bytes = b""
    hash: int = Hash.SHA256


@dataclass(frozen=True, slots=True)
class ProofSpec:
    """What proofs of one kind of tree must look like; a depth of 0 sets no limit of its own."""

    leaf_spec: LeafOp
    inner_spec: InnerSpec
    max_depth: int = 0
    min_depth: int = 0
    prehash_key_before_comparison: bool = False


SMT_SPEC = ProofSpec(
    LeafOp(Hash.SHA256, Hash.SHA256, Hash.SHA256, Length.NO_PREFIX, b"\x00"),
    InnerSpec((0, 1), 32, 1, 1, bytes(32)),
    max_depth=256,
    prehash_key_before_comparison=True,
)
"""Sparse Merkle trees: the state of a ledger."""
IAVL_SPEC = ProofSpec(
    LeafOp(Hash.SHA256, Hash.NONE, Hash.SHA256, Length.VAR_PROTO, b"\x00"),
    InnerSpec((0, 1), 33, 4, 12),
)
TENDERMINT_SPEC = ProofSpec(
    LeafOp(Hash.SHA256, Hash.NONE, Hash.SHA256, Length.VAR_PROTO, b"\x00"),
    InnerSpec((0, 1), 32, 1, 1),
)
