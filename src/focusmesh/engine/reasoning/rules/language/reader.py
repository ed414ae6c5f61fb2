"""Text becomes a program: one method a construct, each leaving the words that follow it."""

from __future__ import annotations

from dataclasses import replace
from typing import NoReturn

from focusmesh.engine.reasoning.rules.language.declarations import DeclarationReader
from focusmesh.engine.reasoning.rules.language.syntax import (
    ComparisonLiteral,
    Literal,
    RuleProgram,
    WrittenRule,
)

Bodies = list[tuple[Literal, ...]]

ALTERNATIVES_MAX = 1_000
BODY_MAX = 200
"""Literals of one body: what a rule costs before it runs rises with their square."""
LITERALS_MAX = 50_000
"""Heads and literals of all rules together, alternatives multiplied out."""
COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")
OPPOSITES = {
    "=": "!=", "!=": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">",
    "match": "not match", "contains": "not contains",
}  # fmt: skip


def read_program(text: str) -> RuleProgram:
    """The program that ``text`` writes; raises RuleError with line, column and what is wrong there."""
    return ProgramReader(text).program()


class ProgramReader(DeclarationReader):
    """Reads rules, facts and goals; declarations and terms are read by its bases."""

    def program(self) -> RuleProgram:
        """All sentences up to the end of the text."""
        while self.token.kind != "end":
            if self.token.kind == "directive":
                self.directive()
            elif self.takes("?-"):
                self.goal()
            else:
                self.rule()
        return self.made

    def goal(self) -> None:
        """``?- atom.``"""
        self._operators = 0
        self.made.goals.append(self.atom())
        self.expect(".", "a goal ends with a full stop")

    def rule(self) -> None:
        """Heads, and ``:-`` with a body unless they are facts."""
        at, self._operators = self.token.at, 0
        heads = [self.atom()]
        while self.takes(","):
            heads.append(self.atom())
        bodies: Bodies = [()]
        if self.token.word == "<=":
            self.fail(
                "subsumption (<=) is not part of this language: use an aggregate, such as min"
            )
        if self.takes(":-"):
            bodies = self.disjunction()
        self.expect(".", "a rule ends with a full stop")
        self._literals += len(heads) * sum(len(body) + 1 for body in bodies)
        if self._literals > LITERALS_MAX:
            words = (
                f"these rules have more than {LITERALS_MAX:,} literals, alternatives multiplied out"
            )
            self.fail(f"{words}: give parts of them to relations of their own", at)
        self.made.rules += [WrittenRule(head, body, at) for head in heads for body in bodies]
        if self.token.kind == "directive" and self.token.word == ".plan":
            self.directive()

    def disjunction(self) -> Bodies:
        """Conjunctions between ``;``."""
        bodies = self.conjunction()
        while self.takes(";"):
            bodies += self.conjunction()
        return bodies

    def conjunction(self) -> Bodies:
        """Literals between ``,``, multiplied out where one of them is a disjunction."""
        at = self.token.at
        bodies = self.literal()
        while self.takes(","):
            more = self.literal()
            if len(bodies) * len(more) > ALTERNATIVES_MAX:
                self.fail(f"this body has more than {ALTERNATIVES_MAX:,} alternatives", at)
            bodies = [first + second for first in bodies for second in more]
            if max(map(len, bodies), default=0) > BODY_MAX:
                words = f"this body has more than {BODY_MAX} literals"
                self.fail(f"{words}: give a part of it to a relation of its own", at)
        return bodies

    def literal(self) -> Bodies:
        """One literal, or a disjunction in parentheses."""
        at, token = self.token.at, self.token
        if self.takes("!"):
            return [tuple(self.denial(at))]
        if token.word == "(" and self.opens_disjunction():
            with self.deeper():
                self.advance()
                bodies = self.disjunction()
                self.expect(")", "the parenthesis is not closed")
            return bodies
        if token.word in ("true", "false") and self.next.word in (",", ".", ";", ")", "}"):
            self.advance()
            return [()] if token.word == "true" else []
        return [(self.positive(),)]

    def denial(self, at: int) -> list[Literal]:
        """What follows ``!``."""
        if self.takes("!"):
            return [self.positive()]
        found = self.positive()
        if isinstance(found, ComparisonLiteral):
            return [ComparisonLiteral(OPPOSITES[found.operator], found.left, found.right, at)]
        return [replace(found, at=at, negated=True)]

    def positive(self) -> Literal:
        """An atom or a comparison."""
        token = self.token
        if token.word in ("match", "contains") and self.next.word == "(":
            return self.symbol_test()
        if token.word == "@":
            return self.operator_call()
        if self.starts_atom():
            return self.atom()
        left = self.term()
        if self.token.word not in COMPARISONS:
            self.fail("an atom or a comparison is expected here")
        operator = self.advance().word
        return ComparisonLiteral(operator, left, self.term(), token.at)

    def symbol_test(self) -> ComparisonLiteral:
        """``match(pattern, text)`` or ``contains(part, text)``."""
        name = self.advance()
        self.expect("(", "")
        left = self.term()
        self.expect(",", f"{name.word} takes two arguments")
        right = self.term()
        self.expect(")", f"{name.word} takes two arguments")
        return ComparisonLiteral(name.word, left, right, name.at)

    def fail(self, reason: str, at: int | None = None) -> NoReturn:
        """Raises RuleError at the present word, or at ``at``."""
        super().fail(reason, at)
