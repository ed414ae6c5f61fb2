"""The words of a query, for the reader of these tests."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\n]*|/\*.*?\*/)
    |(?P<number>0[xX][0-9a-fA-F]+|0[oO]?[0-7]+(?![\d.eE])|(?:\d+\.\d+|\.\d+|\d+)(?:[eE][+-]?\d+)?)
    |(?P<string>'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")
    |(?P<name>`(?:[^`]|``)*`|[^\W\d]\w*)
    |(?P<mark><>|<=|>=|\.\.|->|<-|[-+*/%^=<>()\[\]{},.:|$])""",
    re.VERBOSE | re.DOTALL,
)


class NotEvaluableError(Exception):
    """Syntax that this reader does not know."""


def tokens(text: str) -> Iterator[tuple[str, str, int]]:
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if not found:
            raise NotEvaluableError(text[at : at + 20])
        if found.lastgroup != "space":
            yield str(found.lastgroup), found.group(), at
        at = found.end()
    for _ in range(3):
        yield "end", "", at
