"""The words of a program of rules."""

from __future__ import annotations

import re
from dataclasses import dataclass

from focusmesh.engine.reasoning.rules.language.places import failure

TEXT_BYTES_MAX = 64 * 1024

_PATTERN = re.compile(
    r"""(?P<space>\s+|//[^\n]*|/\*.*?\*/|\#[^\n]*)
    |(?P<number>0x[0-9a-fA-F]+|0b[01]+|\d+\.\d+(?:[eE][+-]?\d+)?|\d+u?)
    |(?P<symbol>"(?:\\.|[^"\\\n])*")
    |(?P<directive>\.[a-z_]+)
    |(?P<name>(?!\?-)[A-Za-z_?][A-Za-z0-9_?]*)
    |(?P<mark>\?-|:-|<:|<=|>=|!=|\*\*|[-+*/%^<>=,.;:(){}\[\]!@|$])""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class RuleToken:
    """A word, its kind (number, symbol, directive, name, mark, end) and the offset where it begins."""

    kind: str
    word: str
    at: int


def tokens(text: str) -> list[RuleToken]:
    """All words of ``text``, an ``end`` last; raises RuleError for a character or a length that is not allowed."""
    if len(text) > TEXT_BYTES_MAX or len(text.encode("utf-8", "replace")) > TEXT_BYTES_MAX:
        raise failure(
            text[:1], 0, "the rules are longer than 64 KiB: split them, or load facts from files"
        )
    found, at = list[RuleToken](), 0
    while at < len(text):
        match = _PATTERN.match(text, at)
        if match is None:
            raise failure(text, at, _stray(text, at))
        kind = str(match.lastgroup)
        if kind != "space":
            found.append(RuleToken(kind, match.group(), at))
        at = match.end()
    return [*_split_ends(found), RuleToken("end", "", len(text))]


_DIRECTIVES = {
    ".decl", ".type", ".input", ".output", ".printsize", ".limitsize", ".pragma", ".plan",
    ".comp", ".init", ".functor", ".override", ".include", ".lattice", ".number_type", ".symbol_type",
}  # fmt: skip


def _split_ends(found: list[RuleToken]) -> list[RuleToken]:
    """``.`` ends a sentence where what follows it at once is no directive, as in ``a(x).b(x).``"""
    whole = list[RuleToken]()
    for token in found:
        if token.kind == "directive" and token.word not in _DIRECTIVES:
            whole.append(RuleToken("mark", ".", token.at))
            whole.append(RuleToken("name", token.word[1:], token.at + 1))
        else:
            whole.append(token)
    return whole


def _stray(text: str, at: int) -> str:
    if text[at] == '"':
        return "this text has no closing quotation mark"
    if text.startswith("/*", at):
        return "this comment has no end: close it with */"
    return f"the character {text[at]!r} means nothing here"
