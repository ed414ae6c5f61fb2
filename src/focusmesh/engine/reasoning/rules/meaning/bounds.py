"""Comparisons of scores that have bounds: rows that certainly follow, and rows that may.

A score is off by at most its bound, so a comparison with it holds certainly, or not, or the bounds leave it open. What
depends on such comparisons becomes two relations: one keeps its name and has the rows that certainly follow, the other
has those that possibly follow as well. The absence of a row is certain where the row does not possibly follow, so each
looks at the other through a negation. An aggregate is certain where the rows that it looks at are the same in both.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from focusmesh.engine.reasoning.operators import OPERATORS
from focusmesh.engine.reasoning.rules.language import (
    Atom,
    Call,
    ComparisonLiteral,
    Constant,
    Variable,
    failure,
)
from focusmesh.engine.reasoning.rules.meaning.normal_form import GroupLiteral, bindings
from focusmesh.engine.reasoning.rules.meaning.scores import (
    NOTHING,
    error_of,
    has_score,
    score_columns,
    score_errors,
    with_named_bounds,
)
from focusmesh.engine.reasoning.rules.meaning.types import atoms
from focusmesh.engine.reasoning.rules.meaning.variables import term_variables

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from focusmesh.engine.reasoning.rules.language import Term
    from focusmesh.engine.reasoning.rules.meaning.normal_form import (
        NormalForm,
        NormalLiteral,
        NormalRule,
    )
    from focusmesh.engine.reasoning.rules.meaning.scores import Errors, ScoreColumns

Types = dict[str, tuple[str, ...]]


class BoundedForm(NamedTuple):
    """Rules over what certainly and what possibly follows; ``possible`` has the second relation of each first."""

    form: NormalForm
    types: Types
    possible: dict[str, str]


def with_bounds(form: NormalForm, types: Types) -> BoundedForm:
    """The rules with scores compared by their bounds; the same form where no score is compared. O(rules²).

    Raises RuleError where a score is compared whose bound is not at hand, and where an absence or an aggregate rests
    on an aggregate over rows that may be open.
    """
    if not any(OPERATORS.find(call.operator).bounded for call in form.calls.values()):
        return BoundedForm(form, types, {})
    rewriting = _BoundsRewriting(form)
    if not rewriting.open:
        return BoundedForm(form, types, {})
    possible = {name: possible_name(name) for name in sorted(rewriting.open)}
    more = {possible[name]: types[name] for name in possible}
    return BoundedForm(replace(form, rules=rewriting.rewritten(types)), types | more, possible)


def possible_name(relation: str) -> str:
    """What the relation of possible rows is called; no name that is written has such signs."""
    return f"{relation} (possibly)"


class _BoundsRewriting:
    def __init__(self, form: NormalForm) -> None:
        self.form = form
        self.text = form.program.text
        columns = score_columns(form, form.rules)
        self.rules = [with_named_bounds(rule, columns) for rule in form.rules]
        self.columns: ScoreColumns = score_columns(form, self.rules)
        self.open: set[str] = set()
        """Relations with rows that bounds may leave open."""
        self._close()
        self._verify_groups()

    def _close(self) -> None:
        while True:
            more = {
                rule.head.relation
                for rule in self.rules
                if rule.head.relation not in self.open
                and self.is_open(rule.body, rule.head.arguments)
            }
            if not more:
                return
            self.open |= more

    def is_open(self, body: Sequence[NormalLiteral], terms: Iterable[Term] = ()) -> bool:
        """Whether a body compares scores, or looks at relations with open rows."""
        if any(atom.relation in self.open for atom in atoms(body)):
            return True
        errors = score_errors(body, self.columns)
        return any(
            self.is_open(literal.body)
            if isinstance(literal, GroupLiteral)
            else isinstance(literal, ComparisonLiteral) and self.is_compared(literal, errors, body)
            for literal in body
        )

    @staticmethod
    def is_compared(
        literal: ComparisonLiteral, errors: Errors, body: Sequence[NormalLiteral]
    ) -> bool:
        """Whether a comparison is one of scores, and no equation that names a value."""
        if not has_score(literal.left, errors) and not has_score(literal.right, errors):
            return False
        if literal.operator != "=":
            return True
        bound = bindings([part for part in body if part is not literal], set())
        sides = (literal.left, literal.right)
        return not any(isinstance(side, Variable) and side.name not in bound for side in sides)

    def _verify_groups(self) -> None:
        """What is between two values of an aggregate may be any value: nothing can rest on its absence."""
        loose: set[str] = set()
        while True:
            more = {
                rule.head.relation
                for rule in self.rules
                if any(
                    isinstance(part, GroupLiteral) and self.is_open(part.body) for part in rule.body
                )
                or any(isinstance(part, Atom) and part.relation in loose for part in rule.body)
            }
            if more <= loose:
                break
            loose |= more
        for rule in self.rules:
            for part in rule.body:
                is_looked_at = isinstance(part, GroupLiteral) or (
                    isinstance(part, Atom) and part.negated
                )
                looked_at = atoms([part]) if is_looked_at else ()
                for atom in looked_at:
                    if atom.relation in loose:
                        words = (
                            f"{atom.relation} has values of an aggregate over rows that bounds of scores may leave "
                            "open: an absence or another aggregate cannot rest on it"
                        )
                        raise failure(self.text, atom.at, words)

    def rewritten(self, types: Types) -> list[NormalRule]:
        """All rules, those of open relations twice."""
        found: list[NormalRule] = []

        def add(rule: NormalRule, head: str, body: Iterable[NormalLiteral]) -> None:
            made = replace(rule.head, relation=head)
            found.append(replace(rule, number=len(found), head=made, body=tuple(body)))

        for rule in self.rules:
            name = rule.head.relation
            if name not in self.open:
                add(rule, name, rule.body)
                continue
            add(rule, name, self.body(rule.body, certain=True))
            add(rule, possible_name(name), self.body(rule.body, certain=False))
            groups = [part for part in rule.body if isinstance(part, GroupLiteral)]
            if any(self.is_open(part.body) for part in groups):
                for least in (False, True):
                    add(rule, possible_name(name), self.between(rule.body, least=least))
        for name in sorted(self.open):
            # What is given of a relation that has rules is certain, and possible as well.
            terms = tuple(Variable(f"={at}") for at in range(len(types[name])))
            first = next(rule for rule in self.rules if rule.head.relation == name)
            given = Atom(name, terms, first.at)
            add(replace(first, head=given), possible_name(name), [given])
        return found

    def between(self, body: Sequence[NormalLiteral], *, least: bool) -> list[NormalLiteral]:
        """The possible literals where some aggregate is over more possible rows than certain ones.

        It may then have any value between its two, so that no comparison of it rules a row out. ``least``: it stands
        here with that of the certain rows.
        """
        results = {
            part.result.name
            for part in body
            if isinstance(part, GroupLiteral) and self.is_open(part.body)
        }
        kept = [part for part in body if not _tests(part, results, body)]
        return self.body(kept, certain=False, least=least)

    def body(
        self, body: Sequence[NormalLiteral], *, certain: bool, least: bool | None = None
    ) -> list[NormalLiteral]:
        """The literals of a body by bounds; ``least`` as for ``between``, None where aggregates may be settled."""
        errors = score_errors(body, self.columns)
        found: list[NormalLiteral] = []
        for literal in body:
            if isinstance(literal, Atom):
                found.append(self.atom(literal, possibly=certain == literal.negated))
            elif isinstance(literal, GroupLiteral):
                found += self.group(literal, certain=certain, least=least)
            elif self.is_compared(literal, errors, body):
                found += self.comparison(literal, errors, certain=certain)
            else:
                found.append(literal)
        return found

    def atom(self, atom: Atom, *, possibly: bool) -> Atom:
        is_open = possibly and atom.relation in self.open
        return replace(atom, relation=possible_name(atom.relation)) if is_open else atom

    def group(
        self, group: GroupLiteral, *, certain: bool, least: bool | None
    ) -> list[NormalLiteral]:
        """An aggregate over certain or possible rows; it is certain where there are as many of both."""
        if not self.is_open(group.body):
            return [group]
        sure = tuple(self.body(group.body, certain=True))
        maybe = tuple(self.body(group.body, certain=False))
        value = replace(group, body=sure if certain or least else maybe)
        if not certain and least is None:
            return [value]
        counts = [Variable(f"{group.result.name} {word}", group.at) for word in ("surely", "maybe")]
        return [
            value,
            *(
                replace(group, kind="count", result=result, target=None, body=part)
                for result, part in zip(counts, (sure, maybe), strict=True)
            ),
            ComparisonLiteral("=" if certain else "!=", counts[0], counts[1], group.at),
        ]

    def comparison(
        self, literal: ComparisonLiteral, errors: Errors, *, certain: bool
    ) -> list[NormalLiteral]:
        """A comparison that holds for all values within the bounds, or for some."""
        parts = [error_of(side, errors) for side in (literal.left, literal.right)]
        if None in parts:
            words = "the bound of this score is not at hand: compare the score where its bound stands beside it"
            raise failure(self.text, literal.at, words)
        known = [part for part in parts if part is not None and part != NOTHING]
        error = known[0] if len(known) == 1 else Call("+", (known[0], known[1]), literal.at)
        at, left, right = literal.at, literal.left, literal.right
        ahead, behind = Call("-", (left, right), at), Call("-", (right, left), at)
        apart = Call("max", (ahead, behind), at)
        nothing, negative = Constant(0.0, "float", at), Call("-", (error,), at)
        if literal.operator == "!=":
            return [ComparisonLiteral(">", apart, error if certain else negative, at)]
        if literal.operator == "=":
            if certain:
                both = Call("+", (apart, error), at)
                return [ComparisonLiteral("<=", both, nothing, at)]
            return [ComparisonLiteral("<=", apart, error, at)]
        difference = ahead if literal.operator in (">", ">=") else behind
        operator = ">" if literal.operator in ("<", ">") else ">="
        return [ComparisonLiteral(operator, difference, error if certain else negative, at)]


def _tests(literal: NormalLiteral, names: set[str], body: Sequence[NormalLiteral]) -> bool:
    """Whether a literal is a comparison of some of ``names`` that binds nothing."""
    if not isinstance(literal, ComparisonLiteral):
        return False
    used = set(term_variables((literal.left, literal.right)))
    bound = bindings([part for part in body if part is not literal], set())
    return bool(used & names) and used <= bound
