"""The grammar of a line as regular expressions (RDF 1.1 N-Triples §7 and N-Quads §5, W3C 2014, with their errata).

``plain`` patterns take a line whose IRIs have no escapes, which is nearly every line; ``full`` ones take all.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_HEX = "[0-9A-Fa-f]"
# A surrogate is no character, and there is none past U+10FFFF.
_UCHAR = rf"\\(?:u(?![dD][89a-fA-F]){_HEX}{{4}}|U(?:0010|000[1-9A-Fa-f]|0000(?![dD][89a-fA-F])){_HEX}{{4}})"
_IRI_CHARACTER = r'[^\x00-\x20<>"{}|^`\\]'
_PLAIN_IRI = rf"<[A-Za-z][A-Za-z0-9+.-]*+:{_IRI_CHARACTER}*+>"
_FULL_IRI = rf"<(?:{_IRI_CHARACTER}|{_UCHAR})*+>"
_LABEL_BASE = (
    "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d\u2070-\u218f"
    "\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_LABEL_REST = rf"{_LABEL_BASE}_\-0-9\u00b7\u0300-\u036f\u203f-\u2040"
_BLANK = rf"_:[{_LABEL_BASE}_0-9](?:[{_LABEL_REST}.]*[{_LABEL_REST}])?"
_TEXT = rf'"[^"\\\n\r]*+(?:(?:\\[tbnrf"\'\\]|{_UCHAR})[^"\\\n\r]*+)*+"'
_LANGUAGE = r"@[a-zA-Z]++(?:-[a-zA-Z0-9]++)*+"
_COMMENT = r"(?:#[^\n\r]*+)?"

UCHAR = re.compile(_UCHAR)
ABSOLUTE_IRI = re.compile(rf"[A-Za-z][A-Za-z0-9+.-]*:{_IRI_CHARACTER}*")
ESCAPE = re.compile(r"\\(u.{4}|U.{8}|.)")
TOKEN = re.compile(rf"{_FULL_IRI}|{_TEXT}|{_BLANK}|{_LANGUAGE}|\^\^|\.")
COMMENT = re.compile(r"#[^\n\r]*+")


class Grammar(NamedTuple):
    """The patterns of one language; a match's groups are subject, predicate, object (and graph), or all empty."""

    plain_lines: re.Pattern[str]
    full_line: re.Pattern[str]
    with_graph: bool


def _line(iri: str, with_graph: bool) -> str:
    # Blanks may stand between any two terminals, and a literal has up to three.
    literal = rf"{_TEXT}(?:[ \t]*+\^\^[ \t]*+{iri}|[ \t]*+{_LANGUAGE})?"
    graph = rf"({iri}|{_BLANK})?[ \t]*+" if with_graph else ""
    statement = (
        rf"({iri}|{_BLANK})[ \t]*+({iri})[ \t]*+({iri}|{literal}|{_BLANK})[ \t]*+{graph}\.[ \t]*+"
    )
    return rf"^[ \t]*+(?:{statement})?{_COMMENT}$"


def _grammar(with_graph: bool) -> Grammar:
    return Grammar(
        re.compile(_line(_PLAIN_IRI, with_graph), re.MULTILINE),
        re.compile(_line(_FULL_IRI, with_graph)),
        with_graph,
    )


N_TRIPLES = _grammar(False)
N_QUADS = _grammar(True)
