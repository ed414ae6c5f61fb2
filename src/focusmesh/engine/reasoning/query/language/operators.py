"""Operators are read by how strongly they bind, from OR up to what stands right behind an operand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.query.language.operands import OperandReader
from focusmesh.engine.reasoning.query.language.syntax import (
    BinaryExpression,
    ComparisonExpression,
    IndexExpression,
    LabelExpression,
    PropertyExpression,
    SliceExpression,
    UnaryExpression,
)

if TYPE_CHECKING:
    from focusmesh.engine.reasoning.query.language.syntax import Expression

_NOT, _COMPARISON, _PREDICATE = 4, 5, 6
_PREFIXES, _PREFIX_KINDS = {"NOT", "-", "+"}, {"name", "mark"}
_LOGIC = {"OR": 1, "XOR": 2, "AND": 3}
_COMPARISONS = {"=", "<>", "<", "<=", ">", ">="}
_POWERS = {"+": 7, "-": 7, "||": 7, "*": 8, "/": 8, "%": 8, "^": 9, "=~": _PREDICATE}


class ExpressionReader(OperandReader):
    """Reads expressions."""

    def expression(self, least: int = 0) -> Expression:
        """An expression whose operators bind at least as strongly as ``least``, from 1 to 9."""
        left = self._with_prefixes()
        while True:
            token = self.token
            operator = token.upper or (token.word if token.kind == "mark" else "")
            if operator in _LOGIC and _LOGIC[operator] >= least:
                left = self._chain(operator, left)
            elif operator in _COMPARISONS and least <= _COMPARISON:
                left = self._comparison(left)
            elif token.kind == "mark" and _POWERS.get(operator, -1) >= least:
                self.advance()
                right = self.expression(_POWERS[operator] + 1)
                left = BinaryExpression(operator, left, right, at=left.at)
            elif operator == "!" and self.marks("=", at=1):
                self.fail("inequality is written `<>`")
            elif least <= _PREDICATE and token.upper and (predicate := self._predicate(left)):
                left = predicate
            else:
                return left

    def _with_prefixes(self) -> Expression:
        """An operand with what stands before and behind it."""
        before = list[tuple[str, int]]()
        while (
            self.token.upper or self.token.word
        ) in _PREFIXES and self.token.kind in _PREFIX_KINDS:
            if self.marks("-") and self.ahead(1).kind == "number":
                break
            token = self.advance()
            before.append((token.word.upper(), token.at))
        if before and before[-1][0] == "NOT":
            found = self.expression(_NOT)
        elif self.marks("-"):
            self.advance()
            found = self._with_suffixes(self.number(negative=True))
        else:
            found = self._with_suffixes(self.operand())
        for operator, at in reversed(before):
            found = UnaryExpression(operator, found, at=at)
        return found

    def _with_suffixes(self, found: Expression) -> Expression:
        """Properties, elements, slices and labels of an operand."""
        while self.token.kind == "mark":
            if self.marks("."):
                self.advance()
                found = PropertyExpression(found, self.name("a property"), at=found.at)
            elif self.marks("["):
                found = self._subscript(found)
            elif self.marks(":") and self.is_name(1):
                labels = list[str]()
                while self.takes(":"):
                    labels.append(self.name("a label"))
                found = LabelExpression(found, tuple(labels), at=found.at)
            else:
                break
        return found

    def _subscript(self, subject: Expression) -> Expression:
        self.expect("[")
        with self.deeper(2):
            first = None if self.marks("..") else self.expression()
            if not self.takes(".."):
                self.expect("]")
                assert first is not None
                return IndexExpression(subject, first, at=subject.at)
            last = None if self.marks("]") else self.expression()
            self.expect("]")
        return SliceExpression(subject, first, last, at=subject.at)

    def _chain(self, operator: str, left: Expression) -> Expression:
        """All operands of neighbouring equal operators, joined as a tree that is as low as can be."""
        operands = [left]
        while self.takes_words(operator):
            operands.append(self.expression(_LOGIC[operator] + 1))
        while len(operands) > 1:
            pairs = zip(operands[::2], operands[1::2], strict=False)
            joined: list[Expression] = [
                BinaryExpression(operator, one, other, at=one.at) for one, other in pairs
            ]
            operands = joined + operands[len(joined) * 2 :]
        return operands[0]

    def _comparison(self, left: Expression) -> Expression:
        operands, operators = [left], list[str]()
        while self.token.kind == "mark" and self.token.word in _COMPARISONS:
            operators.append(self.advance().word)
            if self.marks("="):
                self.fail("equality is written `=`")
            operands.append(self.expression(_COMPARISON + 1))
        return ComparisonExpression(tuple(operands), tuple(operators), at=left.at)

    def _predicate(self, left: Expression) -> Expression | None:
        """A predicate that is spelt in letters, where one stands here."""
        for operator in ("IS NOT NULL", "IS NULL"):
            if self.takes_words(*operator.split()):
                return UnaryExpression(operator, left, at=left.at)
        for operator in ("STARTS WITH", "ENDS WITH", "CONTAINS", "IN"):
            if self.takes_words(*operator.split()):
                right = self.expression(_PREDICATE + 1)
                return BinaryExpression(operator, left, right, at=left.at)
        return None
