"""A commit: one step of an array's history, which names all that went before and every tile that there is."""

from __future__ import annotations

from functools import cached_property

import msgspec

from focusmesh.errors import CodecError, GridError
from focusmesh.ids import DIGEST_BYTES, digest
from focusmesh.protocol.codec import decode, encode

COMMIT_BYTES_MAX = 4_096
NAME_BYTES_MAX = 128
OPERATION_BYTES_MAX = 1_024
_SPAN = 1 << 21
_NUMBER_MAX = 2**63 - 1
CREATED = "create"
"""The operation of an array's first commit."""


class Commit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, dict=True):
    """What changed in an array, and what it is since then. Roots are over leaves of ``tile_leaf`` by key (RFC 6962).

    ``previous`` is the id of the commit before, zeros in the first. ``operation`` says what was done, in the words of
    whoever did it. ``root`` is over the ``changed_count`` tiles that it wrote (an emptied one has the digest of no
    bytes), ``state`` over all ``tile_count`` tiles that are not empty. ``time`` is in milliseconds since 1970. A
    certificate is over ``id``, and stands beside the commit.
    """

    array: str
    shape: tuple[int, int, int]
    height: int
    previous: bytes
    operation: str
    root: bytes
    changed_count: int
    state: bytes
    tile_count: int
    time: int
    version: int = 1

    @cached_property
    def id(self) -> bytes:
        """32 bytes: the digest of ``encode``, which a certificate signs."""
        return digest(self.encode())

    def encode(self) -> bytes:
        """The canonical bytes: a dag-cbor map."""
        return encode(msgspec.to_builtins(self, builtin_types=(bytes,)))

    @classmethod
    def decode(cls, data: bytes) -> Commit:
        """Raises GridError ``"commit"`` for anything but the canonical bytes of a commit."""
        try:
            commit = msgspec.convert(decode(data), cls, builtin_types=(bytes,))
        except (CodecError, msgspec.ValidationError) as error:
            raise GridError("commit", f"these bytes are not a commit: {error}") from error
        commit.verify()
        if commit.encode() != data:
            raise GridError("commit", "these bytes are not a commit: fields are missing")
        return commit

    def verify(self) -> None:
        """Raises GridError ``"commit"`` with what is out of range."""
        for field, size in (("array", NAME_BYTES_MAX), ("operation", OPERATION_BYTES_MAX)):
            used = len(getattr(self, field).encode())
            _require(1 <= used <= size, f"its {field} has {used} bytes, not 1 to {size}")
        for field in ("previous", "root", "state"):
            size = len(getattr(self, field))
            _require(size == DIGEST_BYTES, f"its {field} has {size} bytes, not {DIGEST_BYTES}")
        for field in ("height", "changed_count", "tile_count", "time"):
            number = getattr(self, field)
            _require(0 <= number <= _NUMBER_MAX, f"its {field} is {number}")
        _require(all(1 <= side <= _SPAN for side in self.shape), f"its shape is {self.shape}")
        _require(self.version == 1, f"version {self.version} is not known; this focusmesh reads 1")

    def verify_after(self, previous: Commit | None) -> None:
        """Raises GridError ``"commit"`` unless it follows ``previous``, None before the first."""
        height = 0 if previous is None else previous.height + 1
        _require(self.height == height, f"height {self.height} follows, where {height} was due")
        before = bytes(DIGEST_BYTES) if previous is None else previous.id
        _require(self.previous == before, f"commit {height} does not name the one before it")
        if previous is not None:
            same = (self.array, self.shape) == (previous.array, previous.shape)
            _require(same, f"commit {height} is of another array, {self.array!r} {self.shape}")
            _require(self.time >= previous.time, f"commit {height} is earlier than the one before")


def tile_leaf(key: int, tile_digest: bytes) -> bytes:
    """What stands for a tile under a root: its key in 8 bytes, big end first, and the digest of its bytes."""
    return key.to_bytes(8, "big") + tile_digest


def _require(holds: bool, fault: str) -> None:
    if not holds:
        raise GridError("commit", fault)
