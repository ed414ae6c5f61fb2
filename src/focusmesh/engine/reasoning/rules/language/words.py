"""The words that are still to be read, and how deep the reader stands in them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

from focusmesh.engine.reasoning.rules.language.places import failure
from focusmesh.engine.reasoning.rules.language.syntax import RuleProgram
from focusmesh.engine.reasoning.rules.language.tokens import RuleToken, tokens

if TYPE_CHECKING:
    from collections.abc import Iterator

DEPTH_MAX = 200
"""Of parentheses in one another, and of operators in one rule: terms are as deep as they have both."""


class Words:
    """A position among the words of a text."""

    def __init__(self, text: str) -> None:
        self.made = RuleProgram(text)
        self._text = text
        self._words = tokens(text)
        self._position = 0
        self._depth = 0
        self._wildcards = 0
        self._operators = 0
        self._literals = 0

    @property
    def token(self) -> RuleToken:
        """The present word."""
        return self._words[self._position]

    @property
    def next(self) -> RuleToken:
        """The word after it."""
        return self.ahead(1)

    def ahead(self, count: int) -> RuleToken:
        """The word ``count`` after the present one."""
        return self._words[min(self._position + count, len(self._words) - 1)]

    def advance(self) -> RuleToken:
        """Goes on by one word, and returns what it leaves."""
        left = self.token
        self._position = min(self._position + 1, len(self._words) - 1)
        return left

    def takes(self, word: str) -> bool:
        """Goes on where the present word is this mark."""
        if self.token.kind == "mark" and self.token.word == word:
            self.advance()
            return True
        return False

    def expect(self, word: str, reason: str) -> None:
        """Goes on, or fails with ``reason``."""
        if not self.takes(word):
            found = repr(self.token.word) if self.token.word else "the end of the text"
            self.fail(f"expected {word!r}, found {found}" + (f"; {reason}" if reason else ""))

    def expect_name(self, reason: str) -> str:
        """A name, or a failure with ``reason``."""
        if self.token.kind != "name":
            self.fail(f"expected a name; {reason}")
        return self.advance().word

    def fail(self, reason: str, at: int | None = None) -> NoReturn:
        """Raises RuleError at the present word, or at ``at``."""
        raise failure(self._text, self.token.at if at is None else at, reason)

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """One level further in."""
        self._depth += 1
        if self._depth > DEPTH_MAX:
            self.fail(f"this is nested deeper than {DEPTH_MAX}")
        yield
        self._depth -= 1
