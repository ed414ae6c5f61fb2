"""Which of several particles of one name a passage means: the one whose words it shares most."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from focusmesh.engine.documents.name_forms import is_plain, qualifier

if TYPE_CHECKING:
    from focusmesh.engine.documents.draft import Draft

_WORD = re.compile(r"\w{3,}")
_READ = 2_000
"""So many characters of a text are compared."""
_QUALIFIER = 3
"""A word in parentheses behind a name counts as so many."""
_KEPT = 20_000


class ContextWords:
    """The words of particles' texts, read when they are first compared."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._words = lru_cache(_KEPT)(self._read)

    def choose(self, at: int, targets: tuple[int, ...]) -> tuple[int, ...]:
        """The target that shares most words with passage ``at``; all where two share as many. O(words)."""
        here = self._words(at)
        shared = [self._overlap(here, target) for target in targets]
        most = max(shared)
        first = [target for target, words in zip(targets, shared, strict=True) if words == most]
        return (first[0],) if len(first) == 1 else targets

    def _overlap(self, here: frozenset[str], target: int) -> int:
        told = frozenset(_WORD.findall(qualifier(self._draft.names[target]).casefold()))
        return len(here & self._words(target)) + _QUALIFIER * len(here & told)

    def _read(self, at: int) -> frozenset[str]:
        words = _WORD.findall(self._draft.texts[at][:_READ].casefold())
        return frozenset(word for word in words if not is_plain(word))
