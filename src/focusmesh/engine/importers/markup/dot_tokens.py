"""The tokens of DOT, the language of Graphviz (its grammar: graphviz.org/doc/info/lang.html), each with its line."""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from focusmesh.engine.importers.source import Source
from focusmesh.engine.links import shorten
from focusmesh.errors import DamagedFileError, InputError

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.engine.importers.import_run import Reading

DOT_BYTES_MAX = 1 << 30
"""A DOT file is held whole while it is read."""
_KEYWORDS = ("node", "edge", "graph", "digraph", "subgraph", "strict")
_BEYOND_ASCII = "\u0080-\U0010ffff"
_BLANK = re.compile(r"(?:\s++|//[^\n]*+|/\*(?:[^*]|\*(?!/))*+\*/|^#[^\n]*+)++", re.MULTILINE)
_TOKEN = re.compile(
    rf"(?P<word>[A-Za-z_{_BEYOND_ASCII}][A-Za-z0-9_{_BEYOND_ASCII}]*+)"
    r"|(?P<arrow>->|--)"
    # Graphviz splits 7a in two and warns: here it is no token.
    rf"|(?P<number>-?(?:\.[0-9]++|[0-9]++(?:\.[0-9]*+)?)(?![A-Za-z_.{_BEYOND_ASCII}]))"
    r'|"(?P<text>(?:[^"\\]|\\(?s:.))*+)"'
    r"|(?P<markup><)"
    r"|(?P<mark>[\[\]{};,:=+])"
)
_ANGLE = re.compile("[<>]")
_QUOTE = re.compile(r'\\(?:"|\r?\n)')


class DotToken(NamedTuple):
    """A name (``id``), a ``keyword`` in small letters, an ``arrow``, a ``mark``, or the ``end``."""

    kind: str
    text: str
    at: int


class DotTokens:
    """The tokens of one file in order, the next of which can be looked at; DamagedFileError where there is none.

    Comments are passed over, and so are lines that begin with ``#``. Quotes within texts lose their backslash; others
    keep it, since only labels give them a meaning.
    """

    def __init__(self, path: Path, reading: Reading) -> None:
        self._path = path
        self._text = _text(path, reading)
        self._line_ends = [found.start() for found in re.finditer("\n", self._text)]
        reading.line_count = len(self._line_ends) + (not self._text.endswith("\n"))
        self._at = 0
        self.next = self._read()

    def take(self) -> DotToken:
        """The next token, which is then behind."""
        taken, self.next = self.next, self._read()
        while taken.kind == "id" and self.next[:2] == ("mark", "+"):
            taken = taken._replace(text=taken.text + self._join())
        return taken

    def take_if(self, kind: str, text: str) -> bool:
        """Whether the next token is this one, which is then behind."""
        if self.next[:2] != (kind, text):
            return False
        self.take()
        return True

    def expect(self, kind: str, text: str = "") -> DotToken:
        """The next token, which is of this kind, and this one if ``text`` is given."""
        found = self.next
        if found.kind != kind or (text and found.text != text):
            self.fail(f"{self.quote_next()} where {text or 'a name'} is expected")
        return self.take()

    def quote_next(self) -> str:
        """The next token in words."""
        return "the end of the file" if self.next.kind == "end" else shorten(self.next.text)

    def line(self, at: int) -> int:
        """The line of a place in the file."""
        return bisect_left(self._line_ends, at) + 1

    def fail(self, what: str) -> NoReturn:
        """Raises DamagedFileError at the next token."""
        where = f"{self._path}:{self.line(self.next.at)}"
        raise DamagedFileError(f"{where}: not DOT: {what}; nothing was imported")

    def _join(self) -> str:
        """The text behind a plus."""
        self.next = self._read()
        if self.next.kind != "id":
            self.fail(f"{self.quote_next()} where a text to join is expected")
        text, self.next = self.next.text, self._read()
        return text

    def _read(self) -> DotToken:
        blank = _BLANK.match(self._text, self._at)
        at = blank.end() if blank else self._at
        if at == len(self._text):
            self._at = at
            return DotToken("end", "", at)
        found = _TOKEN.match(self._text, at)
        if found is None:
            self.next = DotToken("mark", self._text[at : at + 20], at)
            self.fail(f"{self.quote_next()} is no token")
        self._at = found.end()
        return self._token(found, at)

    def _token(self, found: re.Match[str], at: int) -> DotToken:
        kind, text = found.lastgroup or "", found[found.lastgroup or 0]
        if kind == "markup":
            return DotToken("id", self._markup(at), at)
        if kind == "word" and text.lower() in _KEYWORDS:
            return DotToken("keyword", text.lower(), at)
        if kind == "text" and "\\" in text:
            text = _QUOTE.sub(lambda quote: '"' if quote[0] == '\\"' else "", text)
        return DotToken(kind if kind in ("arrow", "mark") else "id", text, at)

    def _markup(self, at: int) -> str:
        """An HTML-like text, from its bracket to the one that closes it."""
        depth = 0
        for angle in _ANGLE.finditer(self._text, at):
            depth += 1 if angle[0] == "<" else -1
            self._at = angle.end()
            if not depth:
                break
        if depth:
            self.next = DotToken("mark", "<", at)
            self.fail("a < is not closed")
        return self._text[at + 1 : self._at - 1]


def _text(path: Path, reading: Reading) -> str:
    with Source(path, reading) as source:
        data = source.whole(DOT_BYTES_MAX, "write its edges as CSV")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{path}:{line}: the byte 0x{data[error.start]:02x} is not UTF-8; convert the file to UTF-8 first"
        ) from error
