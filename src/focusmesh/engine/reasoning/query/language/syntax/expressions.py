"""Expressions as they were written. Two are equal where they say the same, wherever each stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from focusmesh.engine.reasoning.query.language.syntax.clauses import WrittenQuery
    from focusmesh.engine.reasoning.query.language.syntax.patterns import PathPattern


@dataclass(frozen=True, slots=True)
class Expression:
    """Whatever has a value; ``at`` is the offset of its first letter in the text."""

    at: int = field(default=0, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class LiteralExpression(Expression):
    """A constant of the text: ``type`` is ``null``, ``boolean``, ``integer``, ``float`` or ``string``."""

    type: str
    value: bool | int | float | str | None


@dataclass(frozen=True, slots=True)
class ListExpression(Expression):
    """``[a, b]``."""

    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class MapExpression(Expression):
    """``{key: value}``; of a key that stands twice the last value counts."""

    entries: tuple[tuple[str, Expression], ...]


@dataclass(frozen=True, slots=True)
class ParameterExpression(Expression):
    """``$name``."""

    name: str


@dataclass(frozen=True, slots=True)
class VariableExpression(Expression):
    """A name that the scope binds."""

    name: str


@dataclass(frozen=True, slots=True)
class PropertyExpression(Expression):
    """``subject.key``: of a node, relationship, map or temporal value."""

    subject: Expression
    key: str


@dataclass(frozen=True, slots=True)
class IndexExpression(Expression):
    """``subject[index]``: an element of a list, the value of a key."""

    subject: Expression
    index: Expression


@dataclass(frozen=True, slots=True)
class SliceExpression(Expression):
    """``subject[first..last]``; a bound that is left out is None."""

    subject: Expression
    first: Expression | None
    last: Expression | None


@dataclass(frozen=True, slots=True)
class LabelExpression(Expression):
    """``subject:A:B``: whether a node has all labels, or a relationship this type."""

    subject: Expression
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CallExpression(Expression):
    """``name(arguments)``, the name with its dots as written; ``count(*)`` has ``star`` and no argument."""

    name: str
    arguments: tuple[Expression, ...]
    distinct: bool = False
    star: bool = False


@dataclass(frozen=True, slots=True)
class UnaryExpression(Expression):
    """An operator before its operand (``NOT``, ``+``, ``-``) or after it (``IS NULL``, ``IS NOT NULL``)."""

    operator: str
    operand: Expression


@dataclass(frozen=True, slots=True)
class BinaryExpression(Expression):
    """Two operands: ``OR XOR AND + - * / % ^ || IN CONTAINS``, ``STARTS WITH``, ``ENDS WITH``; ``=~`` is refused."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class ComparisonExpression(Expression):
    """``a < b <= c`` is one comparison: all neighbours must agree. Operators are ``= <> < <= > >=``."""

    operands: tuple[Expression, ...]
    operators: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CaseExpression(Expression):
    """``CASE subject WHEN … THEN … ELSE … END``; without subject the conditions are predicates."""

    subject: Expression | None
    branches: tuple[tuple[Expression, Expression], ...]
    otherwise: Expression | None


@dataclass(frozen=True, slots=True)
class ListComprehension(Expression):
    """``[variable IN source WHERE condition | result]``; ``result`` is None where it is the variable."""

    variable: str
    source: Expression
    condition: Expression | None
    result: Expression | None


@dataclass(frozen=True, slots=True)
class PatternComprehension(Expression):
    """``[p = (a)-->(b) WHERE condition | result]``."""

    pattern: PathPattern
    condition: Expression | None
    result: Expression


@dataclass(frozen=True, slots=True)
class QuantifierExpression(Expression):
    """``kind(variable IN source WHERE condition)``, kind of ``all any none single``."""

    kind: str
    variable: str
    source: Expression
    condition: Expression


@dataclass(frozen=True, slots=True)
class ReduceExpression(Expression):
    """``reduce(total = start, variable IN source | step)``."""

    total: str
    start: Expression
    variable: str
    source: Expression
    step: Expression


@dataclass(frozen=True, slots=True)
class MapProjection(Expression):
    """``subject {.key, .*, name, key: value}``: ``(key, None)`` stands for ``.key``, ``(None, None)`` for ``.*``."""

    subject: VariableExpression
    entries: tuple[tuple[str | None, Expression | None], ...]


@dataclass(frozen=True, slots=True)
class PatternExpression(Expression):
    """A pattern as a predicate: whether it matches at all."""

    pattern: PathPattern


@dataclass(frozen=True, slots=True)
class SubqueryExpression(Expression):
    """``EXISTS { … }`` or ``COUNT { … }``, kind ``exists`` or ``count``; a bare pattern was made a query of one MATCH.

    A query inside may end without RETURN.
    """

    kind: str
    query: WrittenQuery
