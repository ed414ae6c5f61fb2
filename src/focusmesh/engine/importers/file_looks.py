"""What a file looks like by its first bytes, whatever it is called: for errors, and before text is read as links."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from focusmesh.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path


class Look(NamedTuple):
    """What a file seems to be, and the format or formats that read it: none where it has to be unpacked or so.

    ``instead`` says what to do where no format alone will do.
    """

    title: str
    formats: tuple[str, ...] = ()
    instead: str = ""

    @property
    def advice(self) -> str:
        """What to try, behind "try"."""
        return self.instead or f"--format {self.formats[0]} (format={self.formats[0]!r} in Python)"


_TAR_MARK_AT = 257
_LOOKED_AT_BYTES = 1 << 16
# Nothing of these is tried a second time (`++`, `*+`), whatever a file has: each is O(bytes).
_PROLOGUE = r"(?:<\?xml[^>]*+>|<!--.*?-->|<!DOCTYPE\s[^>\[]*+(?:\[.*?\]\s*+)?>|\s++)*+"
_COMMENTS = r"(?:(?:#|//|%|Creator\b|Version\b|Comment\b)[^\n]*+\n\s*+)*+"
_LOOKS: tuple[tuple[str, Look], ...] = (
    (
        r"(?:<\?xml[^>]*+>\s*+)?<(?:!doctype\s++html|html)\b",
        Look("a page of HTML", ("documents",), "fetching the file again, or --format documents"),
    ),
    (_PROLOGUE + r"<graphml\b", Look("GraphML", ("graphml",))),
    (_PROLOGUE + r"<gexf\b", Look("GEXF", ("gexf",))),
    (_PROLOGUE + r"<rdf:RDF\b", Look("RDF/XML", ("rdf-xml",))),
    (
        r"<\?xml\b",
        Look("XML", ("graphml", "gexf"), "--format graphml or --format gexf, or a table"),
    ),
    (r"PAR1", Look("Parquet", ("table",))),
    (r"ARROW1", Look("Arrow", ("table",))),
    (r"%PDF-", Look("PDF", ("documents",))),
    (r"SQLite format 3\0", Look("a database of SQLite", ("sqlite",))),
    (r"%%MatrixMarket\b", Look("Matrix Market", ("matrix-market",))),
    (_COMMENTS + r"graph\s*+\[", Look("GML", ("gml",))),
    (
        _COMMENTS + r"(?:strict\s++)?(?:di)?graph\b(?:\s++(?:\w++|\"[^\"\n]*+\"))?\s*+\{",
        Look("DOT", ("dot",)),
    ),
    (_COMMENTS + r"\*(?:network|vertices)\b", Look("Pajek", ("pajek",))),
    (_COMMENTS + r"@?prefix\s++[\w.-]*+:\s*+<", Look("Turtle", ("turtle", "trig"))),
    (
        r"\{\s*+[\"'}]|\[\s*+[\[{\"]",
        Look("JSON", ("json-lines", "json-records", "node-link", "cytoscape")),
    ),
    (r"\x1f\x8b", Look("gzip within a compressed file", (), "unpacking it once")),
    (r"\x04\x22\x4d\x18", Look("lz4", (), "unpacking it first (lz4 -d)")),
)
_PATTERNS = [
    (re.compile(pattern.encode(), re.IGNORECASE | re.DOTALL), look) for pattern, look in _LOOKS
]
_TAR = Look("an archive of tar", (), "unpacking it first (tar -x)")
_UTF16 = Look("UTF-16 without a byte order mark", (), "writing it as UTF-8")


def look_of(head: bytes) -> Look | None:
    """What a file that begins so looks like; None where nothing tells."""
    if head[_TAR_MARK_AT : _TAR_MARK_AT + 5] == b"ustar":
        return _TAR
    start = head[:_LOOKED_AT_BYTES].lstrip()
    found = next((look for pattern, look in _PATTERNS if pattern.match(start)), None)
    if found is None and _every_other_is_nul(head[:64]):
        return _UTF16
    return found


def verify_text_of_links(head: bytes, format: str, path: str | Path) -> None:
    """Raises InputError for a file that is plainly of another format than ``format``, which holds lines of text.

    Some of its lines might be read as links otherwise, and would be nonsense.
    """
    look = look_of(head)
    if look is None or format in look.formats:
        return
    raise InputError(f"{path} looks like {look.title} and not like {format}: try {look.advice}")


def _every_other_is_nul(head: bytes) -> bool:
    """Whether this is text of two bytes a character, most of it ASCII."""
    return len(head) > 3 and (not any(head[0::2]) or not any(head[1::2]))
