"""What is wrong with a line that the grammar refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.importers.rdf_lines.grammar import COMMENT, TOKEN
from focusmesh.engine.links import shorten

if TYPE_CHECKING:
    from focusmesh.engine.importers.rdf_lines.grammar import Grammar

_KINDS = {
    "<": "an IRI that is not closed, or has a character or escape that no IRI may have",
    '"': "a text that is not closed, or has an escape that stands for no character",
    "@": "neither a language tag nor anything else that a line may have (directives are Turtle)",
    "_": "not a blank node's label",
}


def line_fault(text: str, grammar: Grammar) -> str:
    """The first thing in ``text`` that is no term, or else what a statement has to be."""
    at = 0
    while at < len(text):
        if text[at] in " \t":
            at += 1
            continue
        if text.startswith("<<", at):
            return f"character {at + 1}: a statement within a statement (RDF 1.2) is not read"
        found = COMMENT.match(text, at) or TOKEN.match(text, at)
        if found is None:
            kind = _KINDS.get(text[at], f"{shorten(text[at:])} is no term")
            return f"character {at + 1}: {kind}"
        at = found.end()
    shape = (
        "subject predicate object [graph] ." if grammar.with_graph else "subject predicate object ."
    )
    return f"not of the form: {shape}"
