"""A text becomes a query."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.query.language.clauses import ClauseReader
from focusmesh.engine.reasoning.query.language.places import query_failure
from focusmesh.engine.reasoning.query.language.syntax import SingleQuery, WrittenQuery, height

if TYPE_CHECKING:
    from focusmesh.engine.reasoning.query.language.syntax import Clause

HEIGHT_MAX = 250
"""Of the syntax tree: what walks it needs a frame or two a node."""


def read_query(text: str) -> WrittenQuery:
    """The query that ``text`` holds; raises QueryError with line and column where it holds none.

    It says nothing about names, types and the order of clauses: that is for ``meaning``.
    """
    try:
        query = _QueryReader(text).whole()
    except RecursionError:
        raise _too_deep(text) from None
    if height(query) > HEIGHT_MAX:
        raise _too_deep(text)
    return replace(query, text=text)


def _too_deep(text: str) -> Exception:
    reason = "operators or brackets are nested deeper than 200: name parts of it by WITH"
    return query_failure(text, 0, "UnexpectedSyntax", reason)


class _QueryReader(ClauseReader):
    def whole(self) -> WrittenQuery:
        """The query, and nothing behind it but semicolons."""
        query = self.query()
        while self.takes(";"):
            pass
        if self.token.kind != "end":
            self.fail(f"expected a clause such as MATCH or RETURN, found {self.found()}")
        return query

    def query(self) -> WrittenQuery:
        """A query, up to a closing brace or the end."""
        at, parts, alls = self.token.at, [self._single()], list[bool]()
        while self.takes_words("UNION"):
            alls.append(self.takes_words("ALL"))
            if not alls[-1]:
                self.takes_words("DISTINCT")
            parts.append(self._single())
        return WrittenQuery(tuple(parts), tuple(alls), at=at)

    def _single(self) -> SingleQuery:
        at, clauses = self.token.at, list["Clause"]()
        while not self._ends():
            clauses.append(self.clause())
        if not clauses:
            self.fail(f"expected a clause such as MATCH or RETURN, found {self.found()}")
        return SingleQuery(tuple(clauses), at=at)

    def _ends(self) -> bool:
        token = self.token
        return token.kind == "end" or token.upper == "UNION" or self.marks("}") or self.marks(";")
