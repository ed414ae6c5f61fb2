"""GML as keys with values: the tokens of the grammar (Himsolt, GML, 1997), streamed from blocks of text."""

from __future__ import annotations

import codecs
import re
from html.entities import name2codepoint
from typing import TYPE_CHECKING, NamedTuple

from focusmesh.engine.importers.source import Source
from focusmesh.engine.links import shorten
from focusmesh.errors import DamagedFileError, InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from focusmesh.engine.importers.import_run import Reading

_BLOCK_BYTES = 1 << 18
_MOST_TOKEN_CHARACTERS = 1 << 26
_PADDING = re.compile(r"(?:\s++|#[^\n]*+)*+")
_TOKEN = re.compile(
    _PADDING.pattern
    + r'(?:(?P<open>\[)|(?P<close>\])|"(?P<string>[^"]*+)"|(?P<word>[^\s\[\]"#]++))'
)
_KEY = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")


class Pair(NamedTuple):
    """A key with its value as text; ``opens`` for a key whose list begins, an empty key for the end of a list."""

    line: int
    key: str
    value: str = ""
    opens: bool = False
    quoted: bool = False


class _Token(NamedTuple):
    line: int
    kind: str
    text: str


def gml_pairs(path: Path, reading: Reading) -> Iterator[Pair]:
    """Keys and values in order, lists as their two ends; raises DamagedFileError where the file is not GML.

    Text is UTF-8 (which ASCII is); other bytes come as lone surrogates, for the caller to refuse. Lines are counted in
    ``reading``. Holds one block and one token.
    """
    key: _Token | None = None
    depth = 0
    keys: set[str] = set()
    for token in _tokens(path, reading):
        if key is None and token.kind == "close" and depth:
            depth -= 1
            yield Pair(token.line, "")
        elif (
            key is None
            and token.kind == "word"
            and (token.text in keys or _KEY.fullmatch(token.text))
        ):
            key = token
            keys.add(token.text)
        elif key is None or token.kind == "close":
            raise _damage_error(path, token.line, f"{shorten(token.text)} where a key is expected")
        else:
            opens = token.kind == "open"
            depth += opens
            quoted = token.kind == "string"
            value = unescape(token.text) if quoted else token.text
            yield Pair(key.line, key.text, value, opens, quoted)
            key = None
    if depth or key is not None:
        what = "a list that does not close" if depth else f"the key {shorten(key and key.text)}"
        raise _damage_error(path, reading.line_count, f"the file ends in {what}")


def unescape(text: str) -> str:
    """Character entities as the characters; an entity without a meaning stays as it is written."""
    return _ENTITY.sub(_character, text) if "&" in text else text


def _character(entity: re.Match[str]) -> str:
    name = entity[0][1:-1]
    if name.startswith("#"):
        hexadecimal = name[1] in "xX"
        code = int(name[2:], 16) if hexadecimal else int(name[1:])
    else:
        code = name2codepoint.get(name, -1)
    # Surrogates, and what lies beyond Unicode, are no characters.
    return chr(code) if 0 <= code < 0x110000 and not 0xD800 <= code < 0xE000 else entity[0]


def _tokens(path: Path, reading: Reading) -> Iterator[_Token]:
    """Tokens that mean something, with the lines on which they begin."""
    line, text = 1, ""
    ended = True
    for block, final in _blocks(path, reading):
        ended = block.endswith("\n") if block else ended
        text += block
        at = 0
        while found := _TOKEN.match(text, at):
            kind = found.lastgroup or ""
            begin, end = found.span(kind)
            if kind == "word" and end == len(text) and not final:
                break
            line += text.count("\n", at, begin)
            yield _Token(line, kind, text[begin:end])
            line += text.count("\n", begin, end) if kind == "string" else 0
            at = found.end()
            reading.line_count = line
        text = text[at:]
        if len(text) > _MOST_TOKEN_CHARACTERS:
            raise InputError(
                f"{path}:{line}: a text is longer than {_MOST_TOKEN_CHARACTERS} characters"
            )
    if not _PADDING.fullmatch(text):
        raise _damage_error(path, line, "a quote is opened and not closed")
    reading.line_count = line + text.count("\n") - ended


def _blocks(path: Path, reading: Reading) -> Iterator[tuple[str, bool]]:
    """Pieces of text; the last one is final."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    with Source(path, reading) as source:
        data = source.head(_BLOCK_BYTES)
        while data:
            yield decoder.decode(data), False
            data = source.read(_BLOCK_BYTES)
    yield decoder.decode(b"", True), True


def _damage_error(path: Path, line: int, what: str) -> DamagedFileError:
    return DamagedFileError(f"{path}:{line}: not GML: {what}; nothing was imported")
