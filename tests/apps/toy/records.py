"""A note: what a neuron says last. A leaf at ``/toy/`` ‖ neuron, dag-cbor of ``[text, times, height]``."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from focusmesh.protocol.codec import decode, encode

TOY_PREFIX = b"/toy/"
TEXT_MAX = 40
Neuron = Annotated[
    bytes,
    msgspec.Meta(
        min_length=32,
        max_length=32,
        description="Whose note: a public key.",
        examples=["07" * 32],
        extra={"is": "neuron"},
    ),
]
Text = Annotated[
    str, msgspec.Meta(min_length=1, max_length=TEXT_MAX, description="What the note says.")
]


class Leaf(msgspec.Struct, frozen=True, array_like=True):
    """What a leaf says."""

    text: str
    times: int
    height: int

    def encode(self) -> bytes:
        """The leaf's value."""
        return encode(list(msgspec.structs.astuple(self)))


def read_leaf(value: bytes) -> Leaf:
    """The leaf of this value."""
    return Leaf(*decode(value))


class NoteQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """Whose note."""

    neuron: Neuron


class NotesQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """Which notes."""

    word: (
        Annotated[str, msgspec.Meta(max_length=TEXT_MAX, description="Only notes with this word.")]
        | None
    ) = None
    order: Annotated[
        Literal["neuron", "height"], msgspec.Meta(description="By neuron or by height.")
    ] = "neuron"


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """The note of a neuron; without a text where it has none."""

    neuron: str
    text: str | None
    times: int
    height_noted: int | None


class NoteRow(msgspec.Struct, frozen=True, kw_only=True):
    """One note of many."""

    neuron: str
    text: str
    times: int
