"""Expressions of Cypher read into functions of a row, for tests of values and functions alone.

What patterns and types have to say is left out: ``NotEvaluableError`` is raised for it.
"""

from __future__ import annotations

import re
from functools import reduce
from typing import TYPE_CHECKING, Any

from focusmesh.engine.reasoning.query import values as v
from focusmesh.engine.reasoning.query.functions import (
    FunctionContext,
    accumulator,
    find_function,
    find_signature,
)
from tests.engine.reasoning.query.operators import COMPARISONS, apply, constant
from tests.engine.reasoning.query.words import NotEvaluableError, tokens

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.reasoning.query.operators import Expression, Row


_SPECIAL = {"null": None, "true": True, "false": False}
_RESERVED = {
    *("WHERE", "RETURN", "WITH", "UNWIND", "MATCH", "ORDER", "AS", "THEN", "ELSE", "END", "WHEN"),
    *("AND", "OR", "XOR", "CREATE", "LIMIT", "SKIP", "UNION"),
}
_QUANTIFIERS = {
    "ALL": "holds_for_all",
    "ANY": "holds_for_any",
    "NONE": "holds_for_none",
    "SINGLE": "holds_for_one",
}


class Aggregate:
    """A call of an aggregate: whoever groups rows has it take them, and puts the result under ``key``."""

    def __init__(self, key: str, name: str, distinct: bool, arguments: list[Expression]) -> None:
        self.key, self.name, self.distinct, self.arguments = key, name, distinct, arguments

    def result(self, rows: list[Row]) -> Any:
        found = accumulator(self.name, distinct=self.distinct)
        for row in rows:
            found.take(*(each(row) for each in self.arguments))
        return found.result()


class Expressions:
    """Reads tokens, from ``at`` on; ``aggregates`` are those that have been met since it was emptied."""

    def __init__(self, text: str, context: FunctionContext, parameters: Row) -> None:
        self.tokens = list(tokens(text))
        self.at = 0
        self.context, self.parameters = context, parameters
        self.aggregates: list[Aggregate] = []

    @property
    def word(self) -> str:
        return self.tokens[self.at][1]

    @property
    def kind(self) -> str:
        return self.tokens[self.at][0]

    def is_next(self, *words: str) -> bool:
        found = self.tokens[self.at : self.at + len(words)]
        return [w.upper() for k, w, _ in found if k != "string"] == [w.upper() for w in words]

    def skip(self, *words: str) -> bool:
        there = self.is_next(*words)
        self.at += len(words) if there else 0
        return there

    def expect(self, word: str) -> None:
        if not self.skip(word):
            raise NotEvaluableError(f"{word} instead of {self.word}")

    def name(self) -> str:
        if self.kind != "name":
            raise NotEvaluableError(f"a name instead of {self.word}")
        word = self.word
        self.at += 1
        return word[1:-1].replace("``", "`") if word[0] == "`" else word

    def expression(self) -> Expression:
        return self._binary("OR", v.disjunction, self._xor)

    def _xor(self) -> Expression:
        return self._binary("XOR", v.exclusive_disjunction, self._and)

    def _and(self) -> Expression:
        return self._binary("AND", v.conjunction, self._not)

    def _binary(
        self, word: str, operator: Callable[..., Any], inner: Callable[[], Expression]
    ) -> Expression:
        left = inner()
        while self.skip(word):
            left = apply(operator, left, inner())
        return left

    def _not(self) -> Expression:
        return apply(v.negation, self._not()) if self.skip("NOT") else self._comparison()

    def _comparison(self) -> Expression:
        left = self._predicate()
        found: list[Expression] = []
        while self.kind == "mark" and self.word in COMPARISONS:
            operator = COMPARISONS[self.word]
            self.at += 1
            right = self._predicate()
            found.append(apply(operator, left, right))
            left = right
        return reduce(lambda a, b: apply(v.conjunction, a, b), found) if found else left

    def _predicate(self) -> Expression:
        left = self._sum()
        while True:
            if self.skip("IS", "NULL"):
                left = apply(lambda value: value is None, left)
            elif self.skip("IS", "NOT", "NULL"):
                left = apply(lambda value: value is not None, left)
            elif self.skip("IN"):
                left = apply(v.membership, left, self._sum())
            elif self.skip("STARTS", "WITH"):
                left = apply(v.starts_with, left, self._sum())
            elif self.skip("ENDS", "WITH"):
                left = apply(v.ends_with, left, self._sum())
            elif self.skip("CONTAINS"):
                left = apply(v.contains, left, self._sum())
            else:
                return left

    def _operators(
        self, operators: dict[str, Callable[..., Any]], inner: Callable[[], Expression]
    ) -> Expression:
        left = inner()
        while self.kind == "mark" and self.word in operators:
            operator = operators[self.word]
            self.at += 1
            left = apply(operator, left, inner())
        return left

    def _sum(self) -> Expression:
        return self._operators({"+": v.add, "-": v.subtract}, self._product)

    def _product(self) -> Expression:
        return self._operators({"*": v.multiply, "/": v.divide, "%": v.modulo}, self._power)

    def _power(self) -> Expression:
        return self._operators({"^": v.power}, self._sign)

    def _sign(self) -> Expression:
        if self.is_next("-") and self.tokens[self.at + 1][0] == "number":
            self.at += 1
            return self._postfix(self._number(negative=True))
        if self.skip("-"):
            return apply(v.negate, self._sign())
        if self.skip("+"):
            return apply(v.positive, self._sign())
        return self._postfix(self._atom())

    def _postfix(self, value: Expression) -> Expression:
        while True:
            if self.is_next(".") and self.tokens[self.at + 1][0] == "name":
                self.at += 1
                value = self._property(value)
            elif self.skip("["):
                value = self._element(value)
            elif self.is_next(":") and self.tokens[self.at + 1][0] == "name":
                value = self._labels(value)
            else:
                return value

    def _property(self, value: Expression) -> Expression:
        key, graph = self.name(), self.context.graph
        return apply(lambda of: v.property_of(of, key, graph), value)

    def _element(self, value: Expression) -> Expression:
        graph = self.context.graph
        start = None if self.is_next("..") else self.expression()
        if not self.skip(".."):
            self.expect("]")
            assert start
            return apply(lambda of, index: v.element(of, index, graph), value, start)
        end = None if self.is_next("]") else self.expression()
        self.expect("]")
        return lambda row: v.elements(
            value(row),
            start(row) if start else None,
            end(row) if end else None,
            has_start=start is not None,
            has_end=end is not None,
        )

    def _labels(self, value: Expression) -> Expression:
        asked: set[str] = set()
        while self.skip(":"):
            asked.add(self.name())
        graph = self.context.graph
        return apply(lambda of: v.has_labels(of, asked, graph), value)

    def _atom(self) -> Expression:
        kind, word = self.kind, self.word
        if kind == "number":
            return self._number()
        if kind == "string":
            self.at += 1
            return constant(v.read_string_literal(word))
        if self.skip("("):
            inner = self.expression()
            self.expect(")")
            if self.is_next("<-") or self.is_next("-", "-") or self.is_next("-", "["):
                raise NotEvaluableError("a pattern")
            return inner
        if self.skip("["):
            return self._list()
        if self.skip("{"):
            return self._map()
        if self.skip("$"):
            return constant(self.parameters[self.name()])
        if kind != "name" or word.upper() in _RESERVED:
            raise NotEvaluableError(word)
        return self._named()

    def _number(self, negative: bool = False) -> Expression:
        word = self.word
        self.at += 1
        if re.fullmatch(r"0[xX].*|0[oO]?[0-7]+|\d+", word):
            return constant(v.read_integer_literal(word, negative=negative))
        number = v.read_float_literal(word)
        return constant(-number if negative else number)

    def _named(self) -> Expression:
        if self.word.lower() in _SPECIAL:
            return constant(_SPECIAL[self.name().lower()])
        if self.skip("CASE"):
            return self._case()
        if self.word.upper() in _QUANTIFIERS and self.tokens[self.at + 1][1] == "(":
            return self._quantifier()
        if self.skip("reduce", "("):
            return self._reduction()
        start = self.at
        words = [self.name()]
        while self.is_next(".") and self.tokens[self.at + 1][0] == "name":
            self.at += 1
            words.append(self.name())
        if self.skip("("):
            return self._call(".".join(words))
        self.at = start
        name = self.name()
        return lambda row: row[name]

    def _call(self, name: str) -> Expression:
        signature = find_signature(name)
        if signature is None:
            raise NotEvaluableError(name)
        if signature.is_aggregate:
            return self._aggregate(signature.name)
        arguments = self._arguments()
        function = find_function(name)
        assert function
        assert signature.takes(len(arguments))
        return lambda row: function.call(self.context, [each(row) for each in arguments])

    def _aggregate(self, name: str) -> Expression:
        distinct = self.skip("DISTINCT")
        if self.skip("*"):
            self.expect(")")
            arguments = [constant(True)]
        else:
            arguments = self._arguments()
        key = f"aggregate {len(self.aggregates)}"
        self.aggregates.append(Aggregate(key, name, distinct, arguments))
        return lambda row: row[key]

    def _arguments(self) -> list[Expression]:
        found: list[Expression] = []
        while not self.skip(")"):
            found.append(self.expression())
            if not self.is_next(")"):
                self.expect(",")
        return found

    def _list(self) -> Expression:
        if self.kind == "name" and self.tokens[self.at + 1][1].upper() == "IN":
            return self._comprehension("]")
        members: list[Expression] = []
        while not self.skip("]"):
            members.append(self.expression())
            if not self.is_next("]"):
                self.expect(",")
        return lambda row: [each(row) for each in members]

    def _binding(self, end: str) -> tuple[str, Expression, Expression | None]:
        name = self.name()
        self.expect("IN")
        source = self.expression()
        condition = self.expression() if self.skip("WHERE") else None
        if end:
            self.expect(end)
        return name, source, condition

    def _comprehension(self, end: str) -> Expression:
        name, source, condition = self._binding("")
        change = self.expression() if self.skip("|") else (lambda row: row[name])
        self.expect(end)

        def evaluate(row: Row) -> Any:
            members = source(row)
            if members is None:
                return None
            rows = ({**row, name: each} for each in members)
            return [change(each) for each in rows if not condition or condition(each) is True]

        return evaluate

    def _quantifier(self) -> Expression:
        quantifier = getattr(v, _QUANTIFIERS[self.name().upper()])
        self.expect("(")
        name, source, condition = self._binding(")")
        if condition is None:
            raise NotEvaluableError("a quantifier without condition")

        def evaluate(row: Row) -> Any:
            members = source(row)
            if members is None:
                return None
            return quantifier(v.truth(condition({**row, name: each}), "WHERE") for each in members)

        return evaluate

    def _reduction(self) -> Expression:
        total = self.name()
        self.expect("=")
        first = self.expression()
        self.expect(",")
        name, source, _ = self._binding("|")
        step = self.expression()
        self.expect(")")

        def evaluate(row: Row) -> Any:
            members = source(row)
            if members is None:
                return None
            return reduce(lambda t, each: step({**row, total: t, name: each}), members, first(row))

        return evaluate

    def _case(self) -> Expression:
        subject = None if self.is_next("WHEN") else self.expression()
        branches: list[tuple[Expression, Expression]] = []
        while self.skip("WHEN"):
            condition = self.expression()
            self.expect("THEN")
            branches.append((condition, self.expression()))
        otherwise = self.expression() if self.skip("ELSE") else constant(None)
        self.expect("END")

        def evaluate(row: Row) -> Any:
            for condition, answer in branches:
                value = condition(row)
                if (v.is_equal(subject(row), value) if subject else value) is True:
                    return answer(row)
            return otherwise(row)

        return evaluate

    def _map(self) -> Expression:
        entries: dict[str, Expression] = {}
        while not self.skip("}"):
            key = self.name()
            self.expect(":")
            entries[key] = self.expression()
            if not self.is_next("}"):
                self.expect(",")
        return lambda row: {key: each(row) for key, each in entries.items()}
