"""ICS-23 proofs as protobuf bytes, as other people's verifiers take them (cosmos/ics23, proofs.proto).

One proof has one encoding: fields in ascending order, no default values, nothing unknown. Anything else is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from focusmesh.errors import ProofError
from focusmesh.kernel.state.ics23.forms import (
    BatchEntry,
    BatchProof,
    CommitmentProof,
    ExistenceProof,
    InnerOp,
    LeafOp,
    NonExistenceProof,
)
from focusmesh.kernel.state.ics23.steps import varint

Message = TypeVar("Message")

PROOF_BYTES_MAX = 1 << 26
_VARINT, _BYTES = 0, 2


@dataclass(frozen=True, slots=True)
class _CompressedExistence:
    key: bytes = b""
    value: bytes = b""
    leaf: LeafOp | None = None
    path: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _CompressedNonExistence:
    key: bytes = b""
    left: _CompressedExistence | None = None
    right: _CompressedExistence | None = None


@dataclass(frozen=True, slots=True)
class _CompressedEntry:
    exist: _CompressedExistence | None = None
    nonexist: _CompressedNonExistence | None = None


@dataclass(frozen=True, slots=True)
class _CompressedBatch:
    entries: tuple[_CompressedEntry, ...] = ()
    lookup_inners: tuple[InnerOp, ...] = ()


@dataclass(frozen=True, slots=True)
class _Wire:
    """A CommitmentProof with the fourth form that it may have in bytes."""

    exist: ExistenceProof | None = None
    nonexist: NonExistenceProof | None = None
    batch: BatchProof | None = None
    compressed: _CompressedBatch | None = None


class _Field(NamedTuple):
    """``kind`` is bytes, int or a message; ``many`` says that it may come any number of times."""

    name: str
    kind: type
    many: bool = False


_KEY, _VALUE = _Field("key", bytes), _Field("value", bytes)
_FIELDS: dict[type, tuple[_Field, ...]] = {
    LeafOp: (
        *(_Field(name, int) for name in ("hash", "prehash_key", "prehash_value", "length")),
        _Field("prefix", bytes),
    ),
    InnerOp: (_Field("hash", int), _Field("prefix", bytes), _Field("suffix", bytes)),
    ExistenceProof: (_KEY, _VALUE, _Field("leaf", LeafOp), _Field("path", InnerOp, many=True)),
    NonExistenceProof: (_KEY, _Field("left", ExistenceProof), _Field("right", ExistenceProof)),
    BatchEntry: (_Field("exist", ExistenceProof), _Field("nonexist", NonExistenceProof)),
    BatchProof: (_Field("entries", BatchEntry, many=True),),
    _CompressedExistence: (_KEY, _VALUE, _Field("leaf", LeafOp), _Field("path", int, many=True)),
    _CompressedNonExistence: (
        *(_KEY, _Field("left", _CompressedExistence)),
        _Field("right", _CompressedExistence),
    ),
    _CompressedEntry: (
        _Field("exist", _CompressedExistence),
        _Field("nonexist", _CompressedNonExistence),
    ),
    _CompressedBatch: (
        _Field("entries", _CompressedEntry, many=True),
        _Field("lookup_inners", InnerOp, many=True),
    ),
    _Wire: (
        *(_Field("exist", ExistenceProof), _Field("nonexist", NonExistenceProof)),
        *(_Field("batch", BatchProof), _Field("compressed", _CompressedBatch)),
    ),
}


def encode_proof(proof: CommitmentProof, *, compressed: bool = False) -> bytes:
    """The bytes of a proof; ``compressed`` has a batch name each inner step once."""
    if compressed and proof.batch is not None:
        return _encode(_Wire(compressed=_compress(proof.batch)))
    return _encode(_Wire(proof.exist, proof.nonexist, proof.batch))


def decode_proof(data: bytes) -> CommitmentProof:
    """The proof whose bytes these are. Raises ProofError unless they are its one encoding."""
    if len(data) > PROOF_BYTES_MAX:
        raise ProofError("proof-form", f"a proof of {len(data)} bytes is too long")
    wire = _decode(_Wire, data)
    if _encode(wire) != data:
        raise ProofError("proof-form", "the bytes of the proof are not in the canonical form")
    forms = wire.exist, wire.nonexist, wire.batch, wire.compressed
    if sum(form is not None for form in forms) != 1:
        raise ProofError("proof-form", "a proof has exactly one of its four forms")
    if wire.compressed is None:
        return CommitmentProof(wire.exist, wire.nonexist, wire.batch)
    batch = _unpack(wire.compressed)
    if _compress(batch) != wire.compressed:
        raise ProofError("proof-form", "a compressed batch names each step once, as it first comes")
    return CommitmentProof(batch=batch)


def _encode(message: object) -> bytes:
    out = bytearray()
    for number, field in enumerate(_FIELDS[type(message)], start=1):
        value: Any = getattr(message, field.name)
        if field.many and field.kind is int:
            value = b"".join(map(varint, value))
        if field.kind is int and not field.many:
            if value:
                out += varint(number << 3 | _VARINT) + varint(value)
            continue
        for item in value if isinstance(value, tuple) else (value,):
            if item is None or item == b"":
                continue
            content = item if isinstance(item, bytes) else _encode(item)
            out += varint(number << 3 | _BYTES) + varint(len(content)) + content
    return bytes(out)


def _decode(kind: type[Message], data: bytes) -> Message:
    """Not strict: what it passes over shows when the message is encoded again."""
    fields, at = _FIELDS[kind], 0
    found: dict[str, Any] = {field.name: [] for field in fields if field.many}
    while at < len(data):
        tag, at = _read_varint(data, at)
        number, wire_type = tag >> 3, tag & 7
        if not 0 < number <= len(fields):
            raise ProofError("proof-form", f"a part of the proof has an unknown field {number}")
        field = fields[number - 1]
        if wire_type != (_VARINT if field.kind is int and not field.many else _BYTES):
            raise ProofError("proof-form", f"field {field.name} of the proof has another type")
        size, at = _read_varint(data, at)
        if wire_type == _VARINT:
            found[field.name] = size
            continue
        if at + size > len(data):
            raise ProofError("proof-form", f"field {field.name} of the proof is cut off")
        content, at = data[at : at + size], at + size
        value: Any = _read_value(field, content)
        if field.many:
            found[field.name] += value
        else:
            found[field.name] = value
    held = {name: tuple(value) if type(value) is list else value for name, value in found.items()}
    return kind(**held)


def _read_value(field: _Field, content: bytes) -> Any:
    if field.kind is bytes:
        return content
    if field.kind is not int:
        value: Any = _decode(field.kind, content)
        return [value] if field.many else value
    numbers, at = [], 0
    while at < len(content):
        number, at = _read_varint(content, at)
        numbers.append(number)
    return numbers


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    """A number below 2³² and where it ends."""
    number = 0
    for shift in range(0, 35, 7):
        if at >= len(data):
            raise ProofError("proof-form", "the bytes of the proof end within a number")
        number |= (data[at] & 0x7F) << shift
        at += 1
        if data[at - 1] < 0x80:
            return number, at
    raise ProofError("proof-form", "a number in the proof is too large")


def _compress(batch: BatchProof) -> _CompressedBatch:
    numbers: dict[InnerOp, int] = {}

    def pack(proof: ExistenceProof | None) -> _CompressedExistence | None:
        if proof is None:
            return None
        path = tuple(numbers.setdefault(step, len(numbers)) for step in proof.path)
        return _CompressedExistence(proof.key, proof.value, proof.leaf, path)

    entries = tuple(
        _CompressedEntry(pack(entry.exist), _compressed_absence(entry.nonexist, pack))
        for entry in batch.entries
    )
    return _CompressedBatch(entries, tuple(numbers))


def _compressed_absence(proof: NonExistenceProof | None, packed: Any) -> Any:
    if proof is None:
        return None
    return _CompressedNonExistence(proof.key, packed(proof.left), packed(proof.right))


def _unpack(batch: _CompressedBatch) -> BatchProof:
    inners = batch.lookup_inners

    def plain(proof: _CompressedExistence | None) -> ExistenceProof | None:
        if proof is None:
            return None
        if max(proof.path, default=-1) >= len(inners):
            raise ProofError("proof-form", f"the batch names a step above {len(inners) - 1}")
        path = tuple(inners[number] for number in proof.path)
        return ExistenceProof(proof.key, proof.value, proof.leaf, path)

    def absence(proof: _CompressedNonExistence | None) -> NonExistenceProof | None:
        if proof is None:
            return None
        return NonExistenceProof(proof.key, plain(proof.left), plain(proof.right))

    return BatchProof(tuple(BatchEntry(plain(e.exist), absence(e.nonexist)) for e in batch.entries))
