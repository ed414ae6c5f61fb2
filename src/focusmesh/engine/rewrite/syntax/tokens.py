"""Text into tokens, each with where it stands."""

from __future__ import annotations

import re
from dataclasses import dataclass

from focusmesh.errors import ProgramError

_TOKEN = re.compile(
    r"(?P<space>\s+|//[^\n]*)"
    r"|(?P<number>0[xX][0-9A-Fa-f_]*[0-9A-Fa-f](?![A-Za-z$])|[0-9][0-9_]*(?![A-Za-z$]))"
    r"|(?P<name>[A-Za-z_$][A-Za-z0-9_$']*)"
    r"|(?P<text>'(?:[^'\\\n]|\\.)'|\"(?:[^\"\\]|\\.)*\")"
    r"|(?P<sign><<|>>|<=|>=|==|!=|!!|[λ\\.()&{},!=;*@#~:+\-/%<>|^\[\]])"
)


@dataclass(frozen=True, slots=True)
class Token:
    """``kind`` is "number", "name", "text" (in quotes), "sign" or "end"; ``line`` and ``column`` count from 1."""

    kind: str
    text: str
    line: int
    column: int
    glued: bool
    """Nothing stands between it and the token before."""


def tokens_of(text: str) -> list[Token]:
    """All tokens, then one "end". Raises ProgramError at a character that begins none."""
    found: list[Token] = []
    at, line, line_start, glued = 0, 1, 0, False
    while at < len(text):
        match = _TOKEN.match(text, at)
        column = at - line_start + 1
        if match is None:
            raise ProgramError(f"{text[at]!r} cannot begin anything here", line, column)
        kind = match.lastgroup or ""
        if kind == "space":
            breaks = match[0].count("\n")
            if breaks:
                line += breaks
                line_start = at + match[0].rindex("\n") + 1
        else:
            found.append(Token(kind, match[0], line, column, glued))
        glued = kind != "space"
        at = match.end()
    found.append(Token("end", "the end of the text", line, at - line_start + 1, glued))
    return found
