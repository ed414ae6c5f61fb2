"""Terms as they are read: a tree, whose variables are numbers that one binder each has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Var:
    """A use of the variable ``binder``."""

    binder: int


@dataclass(frozen=True, slots=True)
class Era:
    """``*``"""


@dataclass(frozen=True, slots=True)
class Number:
    """A u32."""

    value: int


@dataclass(frozen=True, slots=True)
class Lam:
    """``λx.body``"""

    binder: int
    body: Term


@dataclass(frozen=True, slots=True)
class App:
    """``(function argument)``"""

    function: Term
    argument: Term


@dataclass(frozen=True, slots=True)
class Sup:
    """``&L{left,right}``"""

    label: int
    left: Term
    right: Term


@dataclass(frozen=True, slots=True)
class Dup:
    """``!&L{left,right}=value; body``"""

    label: int
    left: int
    right: int
    value: Term
    body: Term


@dataclass(frozen=True, slots=True)
class Let:
    """``!!x=value; body``: the value is evaluated first. (``!x=value; body`` is ``(λx.body value)``.)"""

    binder: int
    value: Term
    body: Term


@dataclass(frozen=True, slots=True)
class Ref:
    """``@name(arguments)``"""

    definition: int
    arguments: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Ctr:
    """``#Name{fields}``"""

    constructor: int
    fields: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """``~value{#Name: case …}``: functions of the fields; −1 is any other constructor, a function of the whole."""

    value: Term
    constructors: tuple[int, ...]
    cases: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Switch:
    """``~value{0: case … n+p: case}``: the last case is a function of value − n."""

    value: Term
    cases: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """``(+ left right)``; the operator's number is its place in OPERATORS."""

    operator: int
    left: Term
    right: Term


Term: TypeAlias = (
    Var | Era | Number | Lam | App | Sup | Dup | Let | Ref | Ctr | Match | Switch | Operation
)


@dataclass(frozen=True, slots=True)
class Definition:
    """``@name(parameters) = body``; ``strict`` has a bit for each parameter that is evaluated before the call."""

    name: str
    parameters: tuple[int, ...]
    strict: int
    body: Term
