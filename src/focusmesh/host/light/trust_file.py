"""The file of a light client: what it trusts and whom it asks. Written whole or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from focusmesh.errors import CodecError, DamagedFileError, FileError, ProofError
from focusmesh.host.private_files import write_private
from focusmesh.kernel.light import Trusted
from focusmesh.protocol.codec import decode, encode

if TYPE_CHECKING:
    from pathlib import Path

_MARK = "focusmesh light client 1"
_BYTES_MAX = 1 << 23


class LightState(msgspec.Struct, frozen=True):
    """What is in the file. ``sources`` are addresses of servers and nodes."""

    trusted: Trusted
    sources: tuple[str, ...]


def read_state(path: Path) -> LightState:
    """Raises FileError where it is missing, DamagedFileError where it is none."""
    try:
        data = path.read_bytes()[: _BYTES_MAX + 1]
    except OSError as error:
        raise FileError(
            f"cannot read {path}: {error.strerror}; `focusmesh light init` makes one"
        ) from error
    try:
        mark, trusted, sources = decode(data, bytes_max=_BYTES_MAX)
        if mark != _MARK:
            raise CodecError(f"it begins with {mark!r}")
        return LightState(
            Trusted.decode(msgspec.convert(trusted, bytes)),
            msgspec.convert(sources, tuple[str, ...]),
        )
    except (CodecError, ProofError, msgspec.ValidationError, TypeError, ValueError) as error:
        raise DamagedFileError(
            f"{path} is not a file of a light client: {error}; begin again with one"
        ) from error


def write_state(path: Path, state: LightState, *, replace: bool = True) -> None:
    """Raises FileError, also where it is there and not to be replaced."""
    data = encode([_MARK, state.trusted.encode(), list(state.sources)])
    write_private(path, data, replace=replace)
