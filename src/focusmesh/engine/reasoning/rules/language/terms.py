"""Terms: constants, variables, arithmetic, functors, aggregates, and atoms of them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.rules.language.syntax import (
    Aggregate,
    Atom,
    Call,
    Constant,
    Literal,
    OperatorCall,
    Term,
    Variable,
)
from focusmesh.engine.reasoning.rules.language.words import DEPTH_MAX, Words
from focusmesh.errors import RuleError

if TYPE_CHECKING:
    from focusmesh.engine.reasoning.rules.language.tokens import RuleToken

AGGREGATES = ("count", "sum", "min", "max", "mean")
PRECEDENCE = {
    "bor": 1, "bxor": 2, "band": 3, "bshl": 4, "bshr": 4,
    "+": 5, "-": 5, "*": 6, "/": 6, "%": 6, "^": 8, "**": 8,
}  # fmt: skip
INT_MIN, INT_MAX = -(2**63), 2**63 - 1


class RuleTermReader(Words):
    """Reads terms by the precedence of their operators."""

    def disjunction(self) -> list[tuple[Literal, ...]]:
        """Bodies, which aggregates have too."""
        raise NotImplementedError

    def term(self, least: int = 0) -> Term:
        """A term whose operators bind at least as tightly as ``least``."""
        with self.deeper():
            left = self.factor()
            while PRECEDENCE.get(self.token.word, -1) >= max(least, 1):
                operator = self.advance()
                self._operators += 1
                if self._operators > DEPTH_MAX:
                    words = f"a rule has at most {DEPTH_MAX} operators in its terms"
                    self.fail(f"{words}: give a part of it to a relation of its own", operator.at)
                binding = PRECEDENCE[operator.word]
                right = self.term(binding if binding == 8 else binding + 1)
                name = "^" if operator.word == "**" else operator.word
                left = Call(name, (left, right), operator.at)
            return left

    def factor(self) -> Term:
        """A term without an operator on the outside."""
        token = self.token
        if self.takes("-"):
            return self.negative(token)
        if self.takes("("):
            inner = self.term()
            self.expect(")", "the parenthesis is not closed")
            return inner
        if token.kind == "number":
            return self.number()
        if token.kind == "symbol":
            return Constant(self.symbol(), "symbol", token.at)
        if token.word in ("[", "$"):
            self.fail("records and algebraic types are not part of this language: use columns")
        if token.word == "@":
            self.fail("functors of other languages (@name) are not part of this language")
        if token.kind != "name":
            self.fail("a term is expected here: a variable, a constant or an expression")
        return self.named_term()

    def negative(self, minus: RuleToken) -> Term:
        """What follows a minus."""
        inner = self.term(7)
        if isinstance(inner, Constant) and inner.type in ("number", "float"):
            return Constant(-inner.value, inner.type, minus.at)
        return Call("-", (inner,), minus.at)

    def number(self) -> Constant:
        """A number of int64, or a float."""
        token = self.advance()
        word = token.word.rstrip("u") if not token.word.startswith("0x") else token.word
        if "." in word:
            return Constant(float(word), "float", token.at)
        value = int(word, 0) if word[:2] in ("0x", "0b") else int(word)
        if value > INT_MAX + 1:
            self.fail(f"{word} does not fit in 64 bits", token.at)
        return Constant(value, "number", token.at)

    def symbol(self) -> str:
        """The text between quotation marks."""
        token = self.advance()
        try:
            return str(ast.literal_eval(token.word))
        except (SyntaxError, ValueError):
            return token.word[1:-1]

    def named_term(self) -> Term:
        """A variable, a functor with arguments, or an aggregate."""
        token = self.token
        if token.word in AGGREGATES and self.starts_aggregate():
            return self.aggregate()
        if token.word in ("bnot", "lnot") and self.next.word != "(":
            self.advance()
            return Call(token.word, (self.term(7),), token.at)
        if token.word == "as" and self.next.word == "(":
            return self.cast()
        self.advance()
        if self.token.word == "(" and self.token.kind == "mark":
            return Call(token.word, self.terms(), token.at)
        if token.word in ("true", "false"):
            return Constant(token.word == "true", "bool", token.at)
        if token.word == "nil":
            self.fail("records are not part of this language: use columns", token.at)
        if token.word == "_":
            self._wildcards += 1
            return Variable(f"_#{self._wildcards}", token.at)
        return Variable(token.word, token.at)

    def cast(self) -> Term:
        """``as(term, type)``: types of a kind are one, so the term stays."""
        self.advance()
        self.expect("(", "")
        inner = self.term()
        self.expect(",", "as takes a term and a type")
        self.expect_name("as takes a term and a type")
        self.expect(")", "as takes a term and a type")
        return inner

    def starts_aggregate(self) -> bool:
        """Whether ``min`` and its like begin an aggregate here: min and max are functors as well."""
        if self.next.word != "(" or self.token.word in ("count", "sum", "mean"):
            return True
        depth, ahead = 0, 1
        while self.ahead(ahead).kind != "end":
            word = self.ahead(ahead).word
            depth += (word == "(") - (word == ")")
            if depth == 0:
                return self.ahead(ahead + 1).word not in (",", ".", ")", "}", *PRECEDENCE) and (
                    self.ahead(ahead + 1).word == ":"
                )
            ahead += 1
        return False

    def aggregate(self) -> Aggregate:
        """``kind target : body``"""
        token = self.advance()
        target = None if self.token.word == ":" else self.term()
        if target is None and token.word != "count":
            self.fail(f"{token.word} needs a term before the colon")
        self.expect(":", "an aggregate is written kind term : { body }")
        if self.takes("{"):
            with self.deeper():
                bodies = self.disjunction()
            self.expect("}", "the body of the aggregate is not closed")
        else:
            bodies = [(self.operator_call() if self.token.word == "@" else self.atom(),)]
        if len(bodies) != 1:
            self.fail("an aggregate over alternatives: give them a relation of their own", token.at)
        return Aggregate(token.word, target, bodies[0], token.at)

    def terms(self) -> tuple[Term, ...]:
        """Terms between commas in parentheses."""
        self.expect("(", "arguments stand in parentheses")
        found: list[Term] = []
        while not self.takes(")"):
            found.append(self.term())
            if self.token.word != ")":
                self.expect(",", "arguments stand between commas in parentheses")
        return tuple(found)

    def atom(self) -> Atom:
        """A relation and its terms."""
        at = self.token.at
        name = self.expect_name("an atom begins with the name of a relation")
        while self.token.word == "." and self.next.kind == "name":
            self.fail("components are not part of this language: declare the relation itself")
        return Atom(name, self.terms(), at)

    def operator_call(self) -> OperatorCall:
        """``@name[…](…)``"""
        at = self.token.at
        self.expect("@", "")
        name = self.expect_name("the name of an operator follows @")
        given: list[tuple[str, Constant | str]] = []
        if self.takes("["):
            while not self.takes("]"):
                key = self.expect_name("an argument is written name=value")
                if any(key == known for known, _ in given):
                    self.fail(f"{key} is given twice")
                self.expect("=", "an argument is written name=value")
                given.append((key, self.operator_argument()))
                if self.token.word != "]":
                    self.expect(",", "arguments stand between commas, and end with ]")
        return OperatorCall(name, tuple(given), self.terms(), at)

    def operator_argument(self) -> Constant | str:
        """A constant, or the name of a relation."""
        if self.token.kind == "name" and self.token.word not in ("true", "false"):
            return self.advance().word
        found = self.factor()
        if not isinstance(found, Constant):
            self.fail("an argument of an operator is a constant or the name of a relation")
        return found

    def starts_atom(self) -> bool:
        """Whether a name and a parenthesis begin an atom here, and not a term that is compared."""
        if self.token.kind != "name" or self.next.word != "(":
            return False
        depth, ahead = 0, 1
        while self.ahead(ahead).kind != "end":
            word = self.ahead(ahead)
            if word.kind == "mark":
                depth += (word.word == "(") - (word.word == ")")
            if depth == 0:
                after = self.ahead(ahead + 1)
                compared = (*PRECEDENCE, "=", "!=", "<", "<=", ">", ">=", ":")
                return after.word not in compared
            ahead += 1
        return True

    def opens_disjunction(self) -> bool:
        """Whether the parenthesis here holds literals, and not a term that is compared."""
        start, depth = self._position, self._depth
        try:
            self.term()
            return self.token.word not in ("=", "!=", "<", "<=", ">", ">=")
        except RuleError:
            return True
        finally:
            self._position, self._depth = start, depth
