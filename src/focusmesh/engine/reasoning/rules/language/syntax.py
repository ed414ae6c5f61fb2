"""What a program of rules consists of, as it was written: terms, literals, rules, declarations."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable, ``_`` as a name of its own that starts with ``_``."""

    name: str
    at: int = 0


@dataclass(frozen=True, slots=True)
class Constant:
    """A value that stands in the text, with the type it was written as."""

    value: Any
    type: str
    at: int = 0


@dataclass(frozen=True, slots=True)
class Call:
    """A functor with its arguments: ``+``, ``cat``, …"""

    functor: str
    arguments: tuple[Term, ...]
    at: int = 0


@dataclass(frozen=True, slots=True)
class Aggregate:
    """``kind target : { body }``; ``target`` is None for a count."""

    kind: str
    target: Term | None
    body: tuple[Literal, ...]
    at: int = 0


Term = Variable | Constant | Call | Aggregate


@dataclass(frozen=True, slots=True)
class Atom:
    """A relation with one term a column, maybe negated."""

    relation: str
    arguments: tuple[Term, ...]
    at: int = 0
    negated: bool = False


@dataclass(frozen=True, slots=True)
class OperatorCall:
    """``@name[argument=value, …](terms)`` as it was written; ``given`` holds constants and names of relations."""

    operator: str
    given: tuple[tuple[str, Constant | str], ...]
    arguments: tuple[Term, ...]
    at: int = 0
    negated: bool = False


@dataclass(frozen=True, slots=True)
class ComparisonLiteral:
    """A comparison of two terms; ``match`` and ``contains`` are comparisons of symbols."""

    operator: str
    left: Term
    right: Term
    at: int = 0


Literal = Atom | OperatorCall | ComparisonLiteral


@dataclass(frozen=True, slots=True)
class WrittenRule:
    """One head and one conjunction. A rule with several heads or ``;`` was written as several."""

    head: Atom
    body: tuple[Literal, ...]
    at: int = 0

    @property
    def is_fact(self) -> bool:
        """Whether the rule says that one tuple holds."""
        return not self.body and all(isinstance(term, Constant) for term in self.head.arguments)


@dataclass(frozen=True, slots=True)
class Declaration:
    """A relation: names and types of its columns; types are those of the language, aliases resolved."""

    name: str
    columns: tuple[tuple[str, str], ...]
    at: int = 0

    @property
    def types(self) -> tuple[str, ...]:
        """The type of each column."""
        return tuple(type_ for _, type_ in self.columns)


@dataclass(slots=True)
class RuleProgram:
    """All that a text says."""

    text: str
    declarations: dict[str, Declaration] = field(default_factory=dict)
    rules: list[WrittenRule] = field(default_factory=list)
    goals: list[Atom] = field(default_factory=list)
    inputs: dict[str, int] = field(default_factory=dict)
    outputs: dict[str, int] = field(default_factory=dict)
