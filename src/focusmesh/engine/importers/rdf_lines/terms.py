"""How RDF terms are called as particles.

An IRI is called by its text, ``http://example.org/a``; a blank node by its label in the file, ``_:a``; a literal by
its text in quotes and its language tag in lower case or its datatype, ``"chat"@en``, ``"5"^^<http://…#integer>``,
just ``"chat"`` for a string. Escapes are resolved. No two different terms get one name: an IRI begins with a letter,
a literal ends with a quote, ``>`` or its tag, and neither an IRI nor a tag holds a quote.
"""

from __future__ import annotations

from focusmesh.engine.importers.rdf_lines.grammar import ABSOLUTE_IRI, ESCAPE

_CHARACTERS = {
    "t": "\t",
    "b": "\b",
    "n": "\n",
    "r": "\r",
    "f": "\f",
    '"': '"',
    "'": "'",
    "\\": "\\",
}
_STRING = "http://www.w3.org/2001/XMLSchema#string"


def name_of(token: str) -> str:
    """The name of a term, from its token in a line that the grammar accepted."""
    if token.startswith("<"):
        return _unescape(token[1:-1])
    if not token.startswith('"'):
        return token
    close = token.rindex('"')
    text, rest = _unescape(token[1:close]), token[close + 1 :].strip(" \t")
    if rest.startswith("@"):
        return f'"{text}"{rest.lower()}'
    datatype = _unescape(rest[rest.find("<") + 1 : -1])
    return f'"{text}"^^<{datatype}>' if datatype and datatype != _STRING else f'"{text}"'


def iri_fault(token: str) -> str | None:
    """Why the IRI in a token (of an IRI, or of a literal with its datatype) is none, escapes resolved."""
    begin = token.rfind("<") if token.endswith(">") else -1
    if begin < 0:
        return None
    iri = _unescape(token[begin + 1 : -1])
    if ABSOLUTE_IRI.fullmatch(iri):
        return None
    colon, slash = iri.find(":"), iri.find("/")
    if colon < 0 or 0 <= slash < colon:
        return f"<{iri}> is a relative IRI"
    return f"<{iri}> is not an IRI"


def _unescape(text: str) -> str:
    return ESCAPE.sub(lambda found: _character(found[1]), text) if "\\" in text else text


def _character(escape: str) -> str:
    return _CHARACTERS[escape] if len(escape) == 1 else chr(int(escape[1:], 16))
