"""Where something stands in a query, and the error that shows it."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from focusmesh.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Iterable

SHOWN_MAX = 160
COMPILE_TIME = "compile time"


def query_failure(
    text: str, at: int, detail: str, reason: str, kind: str = "SyntaxError"
) -> QueryError:
    """The error of compile time that ``reason`` holds at the offset ``at`` of ``text``."""
    line, column, shown = text_place(text, at)
    return QueryError(kind, COMPILE_TIME, detail, reason, line, column, shown)


def text_place(text: str, at: int) -> tuple[int, int, str]:
    """Line and column of an offset, both from 1, and the line; that is empty where it is too long to be shown."""
    start = text.rfind("\n", 0, at) + 1
    end = text.find("\n", start)
    shown = text[start : len(text) if end < 0 else end].replace("\t", " ")
    return text.count("\n", 0, at) + 1, at - start + 1, shown if len(shown) <= SHOWN_MAX else ""


def close_hint(name: str, known: Iterable[str]) -> str:
    """``; did you mean x?`` where a known name is spelt much like ``name``, else nothing."""
    by_lower = {each.lower(): each for each in known}
    close = get_close_matches(name.lower(), by_lower, n=1, cutoff=0.7)
    return f"; did you mean `{by_lower[close[0]]}`?" if close else ""
