"""Where something stands in a text, and the error that shows it."""

from __future__ import annotations

from focusmesh.errors import RuleError

SHOWN_MAX = 160


def failure(text: str, at: int, reason: str) -> RuleError:
    """The error that ``reason`` holds at the offset ``at`` of ``text``."""
    line, column = position(text, at)
    start = at - (column - 1)
    end = text.find("\n", start)
    shown = text[start : len(text) if end < 0 else end].replace("\t", " ")
    return RuleError(reason, line, column, shown if len(shown) <= SHOWN_MAX else "")


def position(text: str, at: int) -> tuple[int, int]:
    """Line and column of an offset, both from 1."""
    return text.count("\n", 0, at) + 1, at - (text.rfind("\n", 0, at) + 1) + 1
