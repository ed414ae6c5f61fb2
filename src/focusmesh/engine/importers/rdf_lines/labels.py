"""Labels of RDF resources: the literals of the predicates that vocabularies have for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.links import call_by_labels

if TYPE_CHECKING:
    from focusmesh.engine.links import LinkColumns

LABELS = (
    "http://www.w3.org/2004/02/skos/core#prefLabel",
    "http://www.w3.org/2000/01/rdf-schema#label",
    "http://xmlns.com/foaf/0.1/name",
    "http://schema.org/name",
    "https://schema.org/name",
    "http://purl.org/dc/terms/title",
    "http://purl.org/dc/elements/1.1/title",
)
"""Predicates whose literal is a label, most telling first (SKOS, RDF Schema, FOAF, schema.org, Dublin Core)."""
_TAGS = ("", "@en")
"""Languages that go before others: none, English."""


def call_resources(columns: LinkColumns) -> LinkColumns:
    """The statements with each resource called by its label, if it has one; O(statements)."""
    found: dict[int, tuple[tuple[int, int], str]] = {}
    if columns.relation is not None and columns.relations is not None:
        order = {
            at: LABELS.index(str(name))
            for at, name in enumerate(columns.relations)
            if name in LABELS
        }
        rows = zip(
            columns.relation.tolist(), columns.source.tolist(), columns.target.tolist(), strict=True
        )
        for relation, source, target in rows:
            if relation in order:
                text, tag = _literal(str(columns.particles[target]))
                rank = order[relation], _TAGS.index(tag) if tag in _TAGS else len(_TAGS)
                if text and (source not in found or (rank, text) < found[source]):
                    found[source] = rank, text
    count = len(columns.particles)
    return call_by_labels(columns, [found[at][1] if at in found else "" for at in range(count)])


def _literal(name: str) -> tuple[str, str]:
    """The text of a literal and its language tag; no text for other terms and other types than strings."""
    close = name.rfind('"')
    rest = name[close + 1 :]
    is_text = name.startswith('"') and close > 0 and not rest.startswith("^^")
    return (name[1:close], rest) if is_text else ("", "")
