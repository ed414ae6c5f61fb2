"""What a localnet's supervisor runs, as it writes it to the folder for whoever asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from focusmesh.host.localnet.folder import NetFolder


class PartState(msgspec.Struct, kw_only=True):
    """One process as it was begun last; ``code`` is what it ended with, where this supervisor saw it."""

    pid: int
    started: int
    generation: int
    ended: bool = False
    code: int | None = None


class NetState(msgspec.Struct, kw_only=True):
    """What the supervisor runs."""

    supervisor: int = 0
    parts: dict[str, PartState] = {}
    passed: int = 0
    dropped: int = 0


def read_state(folder: NetFolder) -> NetState:
    """As the supervisor wrote it last."""
    try:
        return msgspec.json.decode(folder.state_file.read_bytes(), type=NetState)
    except (OSError, msgspec.DecodeError):
        return NetState()
