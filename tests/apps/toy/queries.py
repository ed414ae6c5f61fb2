"""Who noted what, read from a state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.apps.toy.records import TOY_PREFIX, Note, NoteRow, read_leaf

if TYPE_CHECKING:
    from focusmesh.kernel.state import StateView
    from tests.apps.toy.records import NoteQuestion, NotesQuestion


def note(view: StateView, asked: NoteQuestion) -> Note:
    """The note of one neuron. O(log n)."""
    value = view.get(TOY_PREFIX + asked.neuron)
    name = asked.neuron.hex()
    if value is None:
        return Note(neuron=name, text=None, times=0, height_noted=None)
    leaf = read_leaf(value)
    return Note(neuron=name, text=leaf.text, times=leaf.times, height_noted=leaf.height)


def notes(view: StateView, asked: NotesQuestion) -> list[NoteRow]:
    """All notes, or those with a word. O(notes)."""
    leaves = [(key, read_leaf(value)) for key, value in view.scan(TOY_PREFIX)]
    if asked.order == "height":
        leaves.sort(key=lambda each: each[1].height)
    return [
        NoteRow(neuron=key[len(TOY_PREFIX) :].hex(), text=leaf.text, times=leaf.times)
        for key, leaf in leaves
        if asked.word is None or asked.word in leaf.text.split()
    ]
