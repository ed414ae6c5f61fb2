"""The words of a query."""

from __future__ import annotations

import re
from typing import NamedTuple

from focusmesh.engine.reasoning.query.language.places import query_failure

TEXT_BYTES_MAX = 64 * 1024

_PATTERN = re.compile(
    r"""(?P<space>\s+|//[^\n]*|/\*.*?\*/)
    |(?P<number>0[xo]\w*
        |\d[\d_]*\.\d[\d_]*(?:[eE][+-]?\d+)?\w*
        |(?<!\.)\.\d[\d_]*(?:[eE][+-]?\d+)?\w*
        |\d[\d_]*[eE][+-]\d+\w*
        |\d\w*)
    |(?P<string>'(?:\\.|''|[^'\\])*'|"(?:\\.|""|[^"\\])*")
    |(?P<quoted>`(?:``|[^`])*`)
    |(?P<parameter>\$(?:\w+|`(?:``|[^`])*`))
    |(?P<name>[^\W\d]\w*)
    |(?P<mark><=|>=|<>|=~|\+=|\.\.|\|\||/(?!\*)|[-+*%^<>=,.;:(){}\[\]|&!?$])""",
    re.VERBOSE | re.DOTALL,
)


class QueryToken(NamedTuple):
    """A word from the offset ``at`` up to ``end``.

    ``kind`` is ``name``, ``quoted`` (a name between back-ticks), ``number``, ``string``, ``parameter``, ``mark`` or
    ``end``. ``word`` is the text, of quoted names and parameters the name itself;
    ``upper`` is a name as a keyword, nothing for all others.
    """

    kind: str
    word: str
    at: int
    end: int
    upper: str = ""


def query_tokens(text: str) -> list[QueryToken]:
    """All words of ``text``, an ``end`` last; raises QueryError for a character or a length that is not allowed."""
    if len(text) > TEXT_BYTES_MAX or len(text.encode("utf-8", "replace")) > TEXT_BYTES_MAX:
        reason = "the query is longer than 64 KiB: hand long lists over as parameters"
        raise query_failure(text[:1], 0, "UnexpectedSyntax", reason)
    found, at = list[QueryToken](), 0
    while at < len(text):
        match = _PATTERN.match(text, at)
        if match is None:
            raise query_failure(text, at, *_stray(text, at))
        kind = str(match.lastgroup)
        if kind != "space":
            word = _name(kind, match.group())
            upper = word.upper() if kind == "name" else ""
            found.append(QueryToken(kind, word, at, match.end(), upper))
        at = match.end()
    return [*found, QueryToken("end", "", len(text), len(text))]


def _name(kind: str, word: str) -> str:
    if kind == "parameter":
        word = word[1:]
    if kind in {"quoted", "parameter"} and word.startswith("`"):
        return word[1:-1].replace("``", "`")
    return word


def _stray(text: str, at: int) -> tuple[str, str]:
    if text[at] in "'\"`":
        return "UnexpectedSyntax", f"this {text[at]} has no closing {text[at]}"
    if text.startswith("/*", at):
        return "UnexpectedSyntax", "this comment has no end: close it with */"
    detail = "UnexpectedSyntax" if text[at].isascii() else "InvalidUnicodeCharacter"
    return detail, f"the character {text[at]!r} means nothing here"
