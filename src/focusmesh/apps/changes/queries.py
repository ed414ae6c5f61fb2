"""What is proposed and voted on, read from a state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec

from focusmesh.kernel.state import (
    ChangeVote,
    ParameterValue,
    SoloKeys,
    read_agreement,
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
    agreement: bytes = b""


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
            agreement=each.agreement,
        )
        for each in read_proposals(view.scan)
    ]


class ChangesQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """Which changes: all, or those that are law and wait."""

    law: Annotated[
        bool, msgspec.Meta(description="Only what is law and waits for its epoch, or for nodes.")
    ] = False


class ChangeRow(msgspec.Struct, frozen=True, kw_only=True):
    """A change that is voted on or waits; keys and ids in hexadecimal. `focusmesh network changes` shows the same.

    ``changes`` are texts such as ``link_burn=2``. ``passed_epoch`` is where it became law, 0 while it is voted on;
    ``approving`` and ``opposing`` are the neurons that voted, ``ready`` those whose nodes have its operations.
    ``agreement`` says who is to decide blocks, such as ``quorum`` with keys and bonds; it is empty where that stays.
    """

    id: str
    neuron: str
    epoch: int
    changes: list[str]
    operations: str
    release: str
    migrations: list[str]
    from_epoch: int
    deposit: int
    passed_epoch: int
    approving: list[str]
    opposing: list[str]
    ready: list[str]
    agreement: str = ""


def change_rows(view: StateView, asked: ChangesQuestion) -> list[ChangeRow]:
    """Changes in the order in which they were proposed. O(proposals · votes · log n)."""
    return [change_row(each) for each in changes(view) if each.passed_epoch or not asked.law]


def change_row(change: ChangeRecord) -> ChangeRow:
    """A change as programs are shown it."""
    return ChangeRow(
        id=change.id.hex(),
        neuron=change.neuron.hex(),
        epoch=change.epoch,
        changes=[f"{name}={value_text(value)}" for name, value in change.changes],
        operations=change.operations.hex(),
        release=change.release,
        migrations=list(change.migrations),
        from_epoch=change.from_epoch,
        deposit=change.deposit,
        passed_epoch=change.passed_epoch,
        approving=[vote.neuron.hex() for vote in change.votes if vote.approves],
        opposing=[vote.neuron.hex() for vote in change.votes if not vote.approves],
        ready=[neuron.hex() for neuron, _ in change.ready],
        agreement=agreement_text(change.agreement),
    )


def agreement_text(data: bytes) -> str:
    """Who is to decide blocks, in one line: the kind, and validators with their bonds, or keys."""
    if not data:
        return ""
    found = read_agreement(data)
    if isinstance(found, SoloKeys):
        return " ".join([found.kind, *(key.hex() for key in found.proposers)])
    bonds = (f"{each.neuron.hex()}={each.amount}" for each in found.voters)
    return " ".join([found.kind, f"epoch_blocks={found.epoch_blocks}", *bonds])


def value_text(value: ParameterValue) -> str:
    """The value of a parameter as commands take it: a number, or numbers with commas."""
    return str(value) if isinstance(value, int) else ",".join(map(str, value))
