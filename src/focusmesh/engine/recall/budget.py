"""How many passages a prompt has room for."""

from __future__ import annotations

import math
import operator as operators
import re
import reprlib
from numbers import Real
from typing import TYPE_CHECKING, TypeAlias

from focusmesh.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable

    Tokens: TypeAlias = Callable[[str], int]

BETWEEN = "\n\n"
"""What stands between two passages of a prompt."""
CUT = " …"
_BYTES_A_TOKEN = 4
_WORD_END = re.compile(r"(?<=\S)(?=\s)")


def estimated_tokens(text: str) -> int:
    """What usual tokenizers make of a text at least about: its words, or a token for 4 bytes where that is more."""
    return max(len(text.split()), -(-len(text.encode("utf-8", "replace")) // _BYTES_A_TOKEN))


class Prompt:
    """Passages one below the other, never more than ``budget`` tokens by the count of the whole text."""

    def __init__(self, budget: int | None, tokens: Tokens | None) -> None:
        """Raises ParameterError for a budget below 1 or of another kind."""
        try:
            whole = 0 if isinstance(budget, bool) else operators.index(budget or 0)
        except TypeError:
            whole = 0
        if budget is not None and whole < 1:
            raise ParameterError(f"budget_tokens = {budget!r} must be an integer ≥ 1")
        if tokens is not None and not callable(tokens):
            raise ParameterError("tokens must be a function from a text to how many tokens it has")
        self._budget = None if budget is None else whole
        self._tokens = tokens or estimated_tokens
        self.text = ""

    def take(self, passage: str) -> str | None:
        """The passage if it was added. The first one is cut to what fits; a later one that does not fit is None.

        Raises ParameterError where the budget does not hold the first words of the first one, or where what counts
        tokens gives no number; what it raises itself is passed on.
        """
        first = not self.text
        longer = passage if first else self.text + BETWEEN + passage
        if not self._fits(longer):
            if not first:
                return None
            longer = passage = self._cut(passage)
        self.text = longer
        return passage

    def _fits(self, text: str) -> bool:
        return self._budget is None or self._count(text) <= self._budget

    def _count(self, text: str) -> float:
        count = self._tokens(text)
        plain = isinstance(count, Real) and not isinstance(count, bool)
        if not (plain and math.isfinite(count) and count >= 0):
            raise ParameterError(
                f"tokens gave {reprlib.repr(count)} for a text of {len(text):,} characters: "
                "it must give how many tokens that has"
            )
        return float(count)

    def _cut(self, passage: str) -> str:
        """The longest beginning of whole words that fits, by bisection."""
        ends = [match.start() for match in _WORD_END.finditer(passage)]
        low, high = 0, len(ends)
        while low < high:
            middle = (low + high + 1) // 2
            fits = self._fits(passage[: ends[middle - 1]] + CUT)
            low, high = (middle, high) if fits else (low, middle - 1)
        while low and not self._fits(passage[: ends[low - 1]] + CUT):
            low -= 1
        if not low:
            begun = [passage[:end] + CUT for end in ends[:1]]
            least = math.ceil(min(map(self._count, [passage, *begun])))
            raise ParameterError(
                f"budget_tokens = {self._budget} has no room for the first words of {passage[:40]!r}: "
                f"it needs at least {least}"
            )
        return passage[: ends[low - 1]] + CUT
