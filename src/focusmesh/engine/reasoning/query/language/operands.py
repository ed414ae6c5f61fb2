"""What stands between operators is read: literals, calls, comprehensions, subqueries."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.query.language.patterns import PatternReader
from focusmesh.engine.reasoning.query.language.syntax import (
    CallExpression,
    CaseExpression,
    ListComprehension,
    ListExpression,
    LiteralExpression,
    MapProjection,
    MatchClause,
    ParameterExpression,
    PatternComprehension,
    PatternExpression,
    QuantifierExpression,
    ReduceExpression,
    SingleQuery,
    SubqueryExpression,
    VariableExpression,
    WrittenQuery,
)
from focusmesh.engine.reasoning.query.language.words import CLAUSE_WORDS
from focusmesh.engine.reasoning.query.values import (
    EvaluationError,
    read_float_literal,
    read_integer_literal,
    read_string_literal,
)

if TYPE_CHECKING:
    from focusmesh.engine.reasoning.query.language.syntax import Expression

_QUANTIFIERS = {"ALL", "ANY", "NONE", "SINGLE"}
_CONSTANTS = {"TRUE": ("boolean", True), "FALSE": ("boolean", False), "NULL": ("null", None)}
_NO_OPERANDS = {
    *(*CLAUSE_WORDS, "WHERE", "ORDER", "AND", "OR", "XOR", "IN", "IS", "THEN", "WHEN", "ELSE"),
    *("AS", "BY"),
} - {"SET", "CALL", "REMOVE", "DETACH"}
_INTEGER = re.compile(r"\d+(_\d+)*|0x(_?[0-9a-fA-F])+|0o(_?[0-7])+", re.ASCII)
_FLOAT = re.compile(r"(\d+(_\d+)*)?(\.\d+(_\d+)*)?([eE][+-]?\d+)?[fFdD]?", re.ASCII)
_DOUBLED = {quote: re.compile(rf"\\.|{quote}{quote}", re.DOTALL) for quote in "'\""}


class OperandReader(PatternReader):
    """Reads what needs no operator."""

    def operand(self) -> Expression:
        """An operand without what may stand behind it."""
        token = self.token
        if token.kind == "name":
            return self._name_operand()
        if token.kind == "quoted":
            return self._variable()
        if token.kind == "number":
            return self.number()
        if token.kind == "string":
            return self._string()
        if token.kind == "parameter":
            self.advance()
            return ParameterExpression(token.word, at=token.at)
        if self.is_pattern():
            return PatternExpression(self.path(), at=token.at)
        if self.marks("("):
            self.advance()
            with self.deeper():
                inner = self.expression()
                self.expect(")")
            return inner
        if self.marks("["):
            return self._list_operand()
        if self.marks("{"):
            return self.map_expression()
        raise self.failure(f"expected an expression, found {self.found()}")

    def number(self, *, negative: bool = False) -> LiteralExpression:
        """A number; ``negative`` says that a minus stood before it."""
        token = self.advance()
        word = token.word
        try:
            if _INTEGER.fullmatch(word):
                value = read_integer_literal(word.replace("_", ""), negative=negative)
                return LiteralExpression("integer", value, at=token.at)
            if word[:2].lower() not in {"0x", "0o"} and _FLOAT.fullmatch(word):
                number = read_float_literal(word.replace("_", "").rstrip("fFdD"))
                return LiteralExpression("float", -number if negative else number, at=token.at)
        except EvaluationError as error:
            raise self.failure(error.reason, token.at, error.detail) from error
        raise self.failure(f"`{word[:40]}` is no number", token.at, "InvalidNumberLiteral")

    def _string(self) -> LiteralExpression:
        token = self.advance()
        quote = token.word[0]
        word = quote + _DOUBLED[quote].sub(_single, token.word[1:-1]) + quote
        try:
            return LiteralExpression("string", read_string_literal(word), at=token.at)
        except EvaluationError as error:
            raise self.failure(error.reason, token.at, error.detail) from error

    def _variable(self) -> Expression:
        token = self.advance()
        variable = VariableExpression(token.word, at=token.at)
        return self._map_projection(variable) if self.marks("{") else variable

    def _name_operand(self) -> Expression:
        token, word = self.token, self.token.upper
        if word in _CONSTANTS and not self.marks("(", at=1):
            self.advance()
            return LiteralExpression(*_CONSTANTS[word], at=token.at)
        if word == "CASE" and not self.marks(".", at=1):
            return self._case()
        if word in {"EXISTS", "COUNT"} and self.marks("{", at=1):
            return self._subquery(word.lower())
        if word in _QUANTIFIERS and self.marks("(", at=1) and self.is_word("IN", at=3):
            return self._quantifier_expression(word.lower())
        if word == "REDUCE" and self.marks("(", at=1) and self.marks("=", at=3):
            return self._reduce()
        if self._is_call():
            return self._call()
        if word in _NO_OPERANDS:
            self.fail(f"expected an expression, found {self.found()}")
        return self._variable()

    def _is_call(self) -> bool:
        at = 1
        while self.marks(".", at=at) and self.is_name(at + 1):
            at += 2
        return self.marks("(", at=at)

    def _call(self) -> Expression:
        at, name = self.token.at, self.advance().word
        while self.takes("."):
            name += "." + self.name("a function")
        self.expect("(")
        with self.deeper(2):
            if name.lower() == "count" and self.takes("*"):
                self.expect(")")
                return CallExpression(name, (), star=True, at=at)
            distinct = self.takes_words("DISTINCT")
            arguments = () if self.marks(")") else self.expressions()
            self.expect(")")
        return CallExpression(name, arguments, distinct, at=at)

    def expressions(self) -> tuple[Expression, ...]:
        """Expressions with commas between them."""
        found = [self.expression()]
        while self.takes(","):
            found.append(self.expression())
        return tuple(found)

    def _case(self) -> Expression:
        at = self.advance().at
        with self.deeper(2):
            subject = None if self.is_word("WHEN") else self.expression()
            branches = list[tuple["Expression", "Expression"]]()
            while self.takes_words("WHEN"):
                conditions = self.expressions()
                self.expect_words("THEN")
                result = self.expression()
                branches.extend((each, result) for each in conditions)
            otherwise = self.expression() if self.takes_words("ELSE") else None
            if not branches:
                self.fail(f"expected WHEN, found {self.found()}")
            self.expect_words("END")
        return CaseExpression(subject, tuple(branches), otherwise, at=at)

    def _subquery(self, kind: str) -> Expression:
        at = self.advance().at
        self.expect("{")
        with self.deeper(8):
            if self.token.upper in CLAUSE_WORDS:
                query = self.query()
            else:
                began = self.token.at
                condition, paths = None, self.paths()
                if self.takes_words("WHERE"):
                    condition = self.expression()
                match = MatchClause(paths, condition, at=began)
                query = WrittenQuery((SingleQuery((match,), at=began),), at=began)
            self.expect("}")
        return SubqueryExpression(kind, query, at=at)

    def _quantifier_expression(self, kind: str) -> Expression:
        at = self.advance().at
        self.expect("(")
        with self.deeper(2):
            variable, source = self._draw()
            self.expect_words("WHERE")
            condition = self.expression()
            self.expect(")")
        return QuantifierExpression(kind, variable, source, condition, at=at)

    def _draw(self) -> tuple[str, Expression]:
        variable = self.name("a variable")
        self.expect_words("IN")
        return variable, self.expression()

    def _reduce(self) -> Expression:
        at = self.advance().at
        self.expect("(")
        with self.deeper(2):
            total = self.name("a variable")
            self.expect("=")
            start = self.expression()
            self.expect(",")
            variable, source = self._draw()
            self.expect("|")
            step = self.expression()
            self.expect(")")
        return ReduceExpression(total, start, variable, source, step, at=at)

    def _list_operand(self) -> Expression:
        at = self.token.at
        named = self.is_name(1) and self.marks("=", at=2)
        pattern_at = 3 if named else 1
        if self.is_pattern(pattern_at) and self._is_comprehension(pattern_at):
            return self._pattern_comprehension()
        self.advance()
        with self.deeper(2):
            if self.is_name() and self.is_word("IN", at=1):
                return self._list_comprehension(at)
            items = () if self.marks("]") else self.expressions()
            self.expect("]")
        return ListExpression(items, at=at)

    def _is_comprehension(self, at: int) -> bool:
        end = self.behind_pattern(at)
        return self.marks("|", at=end) or self.is_word("WHERE", at=end)

    def _pattern_comprehension(self) -> Expression:
        at = self.advance().at
        with self.deeper(2):
            path = self.path()
            condition = self.expression() if self.takes_words("WHERE") else None
            self.expect("|")
            result = self.expression()
            self.expect("]")
        return PatternComprehension(path, condition, result, at=at)

    def _list_comprehension(self, at: int) -> Expression:
        variable, source = self._draw()
        condition = self.expression() if self.takes_words("WHERE") else None
        result = self.expression() if self.takes("|") else None
        self.expect("]")
        return ListComprehension(variable, source, condition, result, at=at)

    def _map_projection(self, subject: VariableExpression) -> Expression:
        self.advance()
        entries = list[tuple[str | None, "Expression | None"]]()
        with self.deeper(2):
            while not self.marks("}"):
                entries.append(self._map_entry())
                if not self.takes(","):
                    break
            self.expect("}")
        return MapProjection(subject, tuple(entries), at=subject.at)

    def _map_entry(self) -> tuple[str | None, Expression | None]:
        at = self.token.at
        if self.takes("."):
            if self.takes("*"):
                return None, None
            return self.name("a key"), None
        key = self.name("a key")
        if self.takes(":"):
            return key, self.expression()
        return key, VariableExpression(key, at=at)


def _single(found: re.Match[str]) -> str:
    return found[0] if found[0].startswith("\\") else "\\" + found[0][0]
