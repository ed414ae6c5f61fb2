"""The toy as all faces offer it."""

from __future__ import annotations

from focusmesh.apps import Application, Command, Query
from tests.apps.toy.operations import PutNote
from tests.apps.toy.queries import note, notes
from tests.apps.toy.records import Note, NoteQuestion, NoteRow, NotesQuestion

APPLICATION = Application(
    name="toy",
    words="Notes of neurons, one each.",
    operations=(PutNote,),
    commands=(Command("put_note", "Say something: the note of the key.", PutNote),),
    queries=(
        Query("note", "The note of a neuron.", NoteQuestion, Note, note),
        Query("notes", "All notes, a page at a time.", NotesQuestion, NoteRow, notes, is_list=True),
    ),
)
