"""Clauses are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.query.language.operators import ExpressionReader
from focusmesh.engine.reasoning.query.language.syntax import (
    CallClause,
    CreateClause,
    MatchClause,
    Projection,
    ProjectionItem,
    ReturnClause,
    SortItem,
    SubqueryClause,
    UnwindClause,
    WithClause,
    WriteClause,
    YieldItem,
)
from focusmesh.engine.reasoning.query.language.words import CLAUSE_WORDS

if TYPE_CHECKING:
    from focusmesh.engine.reasoning.query.language.syntax import Clause, Expression

_WRITES = {"SET", "DELETE", "DETACH", "REMOVE", "MERGE"}


class ClauseReader(ExpressionReader):
    """Reads clauses."""

    def clause(self) -> Clause:
        """The clause that begins here."""
        word, at = self.token.upper, self.token.at
        if word == "OPTIONAL":
            self.advance()
            if not self.is_word("MATCH"):
                self.fail(f"expected MATCH, found {self.found()}")
            return self._match(at, optional=True)
        if word in _WRITES:
            return self._write()
        readers = {
            "MATCH": self._match,
            "UNWIND": self._unwind,
            "WITH": self._with,
            "RETURN": self._return,
            "CALL": self._call_clause,
            "CREATE": self._create,
        }
        if word not in readers:
            self.fail(f"expected a clause such as MATCH or RETURN, found {self.found()}")
        return readers[word](at)

    def _match(self, at: int, *, optional: bool = False) -> Clause:
        self.advance()
        return MatchClause(self.paths(), self._where(), optional, at=at)

    def _where(self) -> Expression | None:
        return self.expression() if self.takes_words("WHERE") else None

    def _unwind(self, at: int) -> Clause:
        self.advance()
        source = self.expression()
        self.expect_words("AS")
        return UnwindClause(source, self.name("a variable"), at=at)

    def _with(self, at: int) -> Clause:
        self.advance()
        projection = self._projection()
        return WithClause(projection, self._where(), at=at)

    def _return(self, at: int) -> Clause:
        self.advance()
        return ReturnClause(self._projection(), at=at)

    def _create(self, at: int) -> Clause:
        self.advance()
        return CreateClause(self.paths(), at=at)

    def _projection(self) -> Projection:
        distinct = self.takes_words("DISTINCT")
        if not distinct:
            self.takes_words("ALL") if not self.marks("(", at=1) else None
        star, items = self.takes("*"), list[ProjectionItem]()
        if not star or self.takes(","):
            items.append(self._item())
            while self.takes(","):
                items.append(self._item())
        order = list[SortItem]()
        if self.takes_words("ORDER", "BY"):
            order.append(self._sort_item())
            while self.takes(","):
                order.append(self._sort_item())
        skip = self.expression() if self._takes_any("SKIP", "OFFSET") else None
        limit = self.expression() if self.takes_words("LIMIT") else None
        return Projection(tuple(items), star, distinct, tuple(order), skip, limit)

    def _takes_any(self, *words: str) -> bool:
        return any(self.takes_words(word) for word in words)

    def _item(self) -> ProjectionItem:
        at = self.token.at
        expression = self.expression()
        text = self.source(at)
        alias = self.name("a column") if self.takes_words("AS") else None
        return ProjectionItem(expression, alias, text, at=at)

    def _sort_item(self) -> SortItem:
        at = self.token.at
        expression = self.expression()
        descending = self._takes_any("DESC", "DESCENDING")
        if not descending:
            self._takes_any("ASC", "ASCENDING")
        return SortItem(expression, descending, at=at)

    def _call_clause(self, at: int) -> Clause:
        self.advance()
        if self.takes("{"):
            with self.deeper(8):
                query = self.query()
                self.expect("}")
            return SubqueryClause(query, at=at)
        name = self.name("a procedure")
        while self.takes("."):
            name += "." + self.name("a procedure")
        arguments = None
        if self.takes("("):
            arguments = () if self.marks(")") else self.expressions()
            self.expect(")")
        items, star = self._yields()
        return CallClause(name, arguments, items, star, self._where() if items else None, at=at)

    def _yields(self) -> tuple[tuple[YieldItem, ...] | None, bool]:
        if not self.takes_words("YIELD"):
            return None, False
        if self.takes("*"):
            return None, True
        if self.takes("-"):
            return (), False
        items = [self._yield_item()]
        while self.takes(","):
            items.append(self._yield_item())
        return tuple(items), False

    def _yield_item(self) -> YieldItem:
        at, column = self.token.at, self.name("a column")
        alias = self.name("a variable") if self.takes_words("AS") else None
        return YieldItem(column, alias, at=at)

    def _write(self) -> Clause:
        """A clause that will be refused: it ends where another clause begins, so no more is read of it."""
        self.takes_words("DETACH")
        token = self.advance()
        while self.token.kind != "end" and not self.marks("}") and not self._begins_clause():
            self._position += max(self.behind(0), 1)
        return WriteClause(token.upper, at=token.at)

    def _begins_clause(self) -> bool:
        """Whether a clause begins here, other than the parts of MERGE and what only looks like one."""
        if self.token.upper not in CLAUSE_WORDS:
            return False
        before = self._words[self._position - 1]
        if before.kind == "mark" and before.word in {".", ":", "|", ","}:
            return False
        return before.upper not in {"ON", "STARTS", "ENDS"} and not (
            self.is_word("SET") and self.ahead(-2).upper == "ON"
        )
