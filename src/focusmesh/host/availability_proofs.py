"""Files that prove a share or a namespace of a block by its header alone, and proofs of bad encoding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from focusmesh.errors import FileError, ParameterError, ProofError
from focusmesh.host.light import header_of, namespace_shares, roots_of, share_of
from focusmesh.host.service import NamespaceShares, SharedShare, SquareRoots

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.host.light import Source

_FORMAT = "focusmesh availability 1"
_FILE_BYTES_MAX = 64 << 20


class _Document(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a file has: the block's roots with its header, and either a share or a namespace."""

    format: str
    square: SquareRoots
    share: SharedShare | None = None
    namespace: NamespaceShares | None = None


@dataclass(frozen=True)
class Proved:
    """What a proof shows: ``facts`` for programs, ``words`` for people, the ``document`` to keep."""

    facts: dict[str, Any]
    words: str
    document: bytes | None = None


def take_proof(
    source: Source, height: int, place: str | None, namespace: str | None, proposer: bytes | None
) -> Proved:
    """Takes a share or a namespace from a source, and checks it. Raises ParameterError, ProofError."""
    if (place is None) == (namespace is None):
        raise ParameterError(
            "give exactly one of --share ROW,COLUMN, --namespace NAME and --bad-encoding FILE"
        )
    share = None if place is None else source.share(height, *_place(place), "row")
    whole = None if namespace is None else source.namespace(height, namespace)
    made = _Document(format=_FORMAT, square=source.roots(height), share=share, namespace=whole)
    return _describe_proof(made, proposer, height)


def check_proof_file(path: Path, proposer: bytes | None) -> Proved:
    """Checks a file that ``take_proof`` made. Raises FileError, ProofError."""
    data = _read(path)
    try:
        made = msgspec.json.decode(data, type=_Document)
    except msgspec.DecodeError as error:
        raise ProofError("roots", f"{path} is not a proof of a share: {error}") from error
    if made.format != _FORMAT:
        raise ProofError(
            "roots", f"{path} has the format {made.format[:80]!r}, this focusmesh reads {_FORMAT!r}"
        )
    return _describe_proof(made, proposer)


def badly_coded(source: Source, height: int, path: Path, proposer: bytes | None) -> Proved:
    """Checks a proof of bad encoding against a block's header. Raises FileError, ProofError where it proves nothing."""
    from focusmesh.kernel.availability import BadEncoding

    told = source.roots(height)
    header = header_of(told, proposer, height)
    proof = BadEncoding.decode(_read(path))
    proof.verify(roots_of(told, header.data_root))
    facts = {
        "height": header.height,
        "block": header.id.hex(),
        "axis": proof.axis,
        "index": proof.index,
    }
    words = f"block {header.height} was coded badly: {proof.axis} {proof.index} is not the extension of its own shares"
    return Proved(facts, words)


def _describe_proof(made: _Document, proposer: bytes | None, height: int | None = None) -> Proved:
    header = header_of(made.square, proposer, height)
    roots = roots_of(made.square, header.data_root)
    facts: dict[str, Any] = {
        "height": header.height,
        "block": header.id.hex(),
        "proposer": header.proposer.hex(),
    }
    if made.share is not None:
        share = share_of(made.share)
        share.verify(roots)
        facts |= {"row": share.row, "column": share.column, "share": share.share.hex()}
        words = f"share ({share.row}, {share.column})"
    elif made.namespace is not None:
        shares = namespace_shares(made.namespace, roots)
        facts |= {"namespace": made.namespace.name, "shares": len(shares)}
        words = f"all {len(shares)} shares of {made.namespace.name}"
    else:
        raise ProofError("roots", "the file proves neither a share nor a namespace")
    by = f"by the header that {header.proposer.hex()} signed"
    return Proved(
        facts, f"valid: {words} of block {header.height}, {by}", msgspec.json.encode(made)
    )


def _place(text: str) -> tuple[int, int]:
    parts = text.split(",")
    if len(parts) != 2 or not all(part.strip().isdecimal() for part in parts):
        raise ParameterError(f"--share is ROW,COLUMN, such as 3,17, not {text[:80]!r}")
    return int(parts[0]), int(parts[1])


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            data = stream.read(_FILE_BYTES_MAX + 1)
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror}") from error
    if len(data) > _FILE_BYTES_MAX:
        raise ProofError("roots", f"{path} is larger than any proof of a share")
    return data
