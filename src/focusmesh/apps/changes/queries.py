"""What is proposed and voted on, read from a state."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from focusmesh.kernel.state import (
    ChangeVote,
    ParameterValue,
    read_proposals,
    read_ready,
    read_votes,
)

if TYPE_CHECKING:
    from focusmesh.kernel.state import StateView


class ChangeRecord(msgspec.Struct, frozen=True):
    """A proposal with its votes. ``passed_epoch``: where it became law, 0 while it is voted on.

    ``ready`` are the neurons that are ready for its set of operations, with their roots.
    """

    id: bytes
    neuron: bytes
    number: int
    epoch: int
    changes: tuple[tuple[str, ParameterValue], ...]
    operations: bytes
    release: str
    migrations: tuple[str, ...]
    from_epoch: int
    deposit: int
    passed_epoch: int
    votes: tuple[ChangeVote, ...]
    ready: tuple[tuple[bytes, bytes], ...]


def changes(view: StateView) -> list[ChangeRecord]:
    """All proposals of a state in the order in which they were made. O(proposals · votes · log n)."""
    return [
        ChangeRecord(
            id=each.id,
            neuron=each.neuron,
            number=each.number,
            epoch=each.epoch,
            changes=each.values,
            operations=each.operations,
            release=each.release,
            migrations=each.migrations,
            from_epoch=each.from_epoch,
            deposit=each.deposit,
            passed_epoch=each.passed_epoch,
            votes=tuple(read_votes(view.scan, each.id)),
            ready=tuple(read_ready(view.scan, each.operations)) if each.operations else (),
        )
        for each in read_proposals(view.scan)
    ]
