"""The words that are still to be read, and how deep the reader stands in them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

from focusmesh.engine.reasoning.query.language.places import close_hint, query_failure
from focusmesh.engine.reasoning.query.language.tokens import QueryToken, query_tokens

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh.engine.reasoning.query.language.syntax import Expression, WrittenQuery
    from focusmesh.errors import QueryError

DEPTH_MAX = 200
"""Of brackets in one another; a subquery counts as eight."""

CLAUSE_WORDS = (
    *("MATCH", "OPTIONAL", "UNWIND", "WITH", "RETURN", "CALL", "CREATE"),
    *("MERGE", "SET", "DELETE", "DETACH", "REMOVE", "UNION"),
)
_KNOWN_WORDS = (*CLAUSE_WORDS, "WHERE", "ORDER", "SKIP", "LIMIT", "AS", "YIELD")
_CLOSING = {"(": ")", "[": "]", "{": "}"}


class QueryWords(ABC):
    """A position among the words of a query."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._words = query_tokens(text)
        self._position = 0
        self._depth = 0
        self._partners = self._bracket_pairs()

    @abstractmethod
    def expression(self, least: int = 0) -> Expression:
        """An expression whose operators bind at least as strongly as ``least``."""

    @abstractmethod
    def query(self) -> WrittenQuery:
        """A query, up to a closing brace or the end."""

    @property
    def token(self) -> QueryToken:
        """The present word."""
        return self._words[self._position]

    def ahead(self, count: int) -> QueryToken:
        """The word ``count`` after the present one."""
        return self._words[min(self._position + count, len(self._words) - 1)]

    def behind(self, count: int) -> int:
        """How many words after the present one stands the first word after the bracket that opens at ``count``.

        It is ``count`` where no bracket opens there, or where that one is never closed.
        """
        opened = self._position + count
        return self._partners.get(opened, opened - 1) + 1 - self._position

    def marks(self, *words: str, at: int = 0) -> bool:
        """Whether these marks stand ``at`` words after the present one."""
        for index, word in enumerate(words, at):
            each = self.ahead(index)
            if each.word != word or each.kind != "mark":
                return False
        return True

    def is_word(self, *words: str, at: int = 0) -> bool:
        """Whether these keywords stand ``at`` words after the present one."""
        return all(self.ahead(index).upper == word for index, word in enumerate(words, at))

    def is_name(self, at: int = 0) -> bool:
        """Whether a name stands ``at`` words after the present one."""
        return self.ahead(at).kind in {"name", "quoted"}

    def advance(self) -> QueryToken:
        """Goes on by one word, and returns what it leaves."""
        left = self.token
        self._position = min(self._position + 1, len(self._words) - 1)
        return left

    def takes(self, word: str) -> bool:
        """Goes on where the present word is this mark."""
        if self.marks(word):
            self.advance()
            return True
        return False

    def takes_words(self, *words: str) -> bool:
        """Goes on behind these keywords, where they stand here."""
        if self.is_word(*words):
            self._position += len(words)
            return True
        return False

    def expect(self, word: str, reason: str = "") -> None:
        """Goes on behind this mark, or fails."""
        if not self.takes(word):
            self.fail(
                f"expected `{word}`, found {self.found()}" + (f"; {reason}" if reason else "")
            )

    def expect_words(self, *words: str) -> None:
        """Goes on behind these keywords, or fails."""
        if not self.takes_words(*words):
            self.fail(f"expected {' '.join(words)}, found {self.found()}")

    def name(self, what: str) -> str:
        """A name, or a failure that says what it should name."""
        if not self.is_name():
            self.fail(f"expected the name of {what}, found {self.found()}")
        return self.advance().word

    def source(self, at: int) -> str:
        """The text from ``at`` up to the end of the word before the present one."""
        return self._text[at : self._words[self._position - 1].end]

    def found(self) -> str:
        """The present word for messages, with the clause that it may have been meant to be."""
        if self.token.kind == "end":
            return "the end of the query"
        known = self.token.upper in _KNOWN_WORDS or not self.token.upper
        hint = "" if known else close_hint(self.token.word, _KNOWN_WORDS)
        return f"`{self._text[self.token.at : self.token.end][:40]}`{hint}"

    def fail(
        self, reason: str, at: int | None = None, detail: str = "UnexpectedSyntax"
    ) -> NoReturn:
        """Raises QueryError at the present word, or at ``at``."""
        raise self.failure(reason, at, detail)

    def failure(
        self, reason: str, at: int | None = None, detail: str = "UnexpectedSyntax"
    ) -> QueryError:
        """The error of the present word, or of the place ``at``."""
        return query_failure(self._text, self.token.at if at is None else at, detail, reason)

    @contextmanager
    def deeper(self, levels: int = 1) -> Iterator[None]:
        """Some levels further in."""
        self._depth += levels
        if self._depth > DEPTH_MAX:
            self.fail(f"this is nested deeper than {DEPTH_MAX}")
        yield
        self._depth -= levels

    def _bracket_pairs(self) -> dict[int, int]:
        """The place of the closing bracket by that of the opening one."""
        pairs, opened, closing = dict[int, int](), list[int](), list[str]()
        for place, token in enumerate(self._words):
            if token.kind == "mark" and token.word in _CLOSING:
                opened.append(place)
                closing.append(_CLOSING[token.word])
            elif opened and (token.kind, token.word) == ("mark", closing[-1]):
                pairs[opened.pop()] = place
                closing.pop()
        return pairs
