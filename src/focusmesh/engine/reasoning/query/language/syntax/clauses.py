"""Clauses and whole queries as they were written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from focusmesh.engine.reasoning.query.language.syntax.expressions import Expression
    from focusmesh.engine.reasoning.query.language.syntax.patterns import PathPattern


@dataclass(frozen=True, slots=True)
class MatchClause:
    """``[OPTIONAL] MATCH patterns [WHERE condition]``: no two relationships of its trails are one."""

    patterns: tuple[PathPattern, ...]
    condition: Expression | None = None
    optional: bool = False
    at: int = field(default=0, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class UnwindClause:
    """``UNWIND source AS variable``."""

    source: Expression
    variable: str
    at: int = field(default=0, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class ProjectionItem:
    """``expression [AS alias]``; ``text`` is the expression as written, the column's name where there is no alias."""

    expression: Expression
    alias: str | None
    text: str = field(compare=False)
    at: int = field(default=0, compare=False, kw_only=True)

    @property
    def name(self) -> str:
        """What the column is called."""
        return self.text if self.alias is None else self.alias


@dataclass(frozen=True, slots=True)
class SortItem:
    """``expression [ASC | DESC]``."""

    expression: Expression
    descending: bool = False
    at: int = field(default=0, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Projection:
    """What WITH and RETURN have in common; ``star`` stands for all variables, before the items."""

    items: tuple[ProjectionItem, ...]
    star: bool = False
    distinct: bool = False
    order: tuple[SortItem, ...] = ()
    skip: Expression | None = None
    limit: Expression | None = None


@dataclass(frozen=True, slots=True)
class WithClause:
    """``WITH projection [WHERE condition]``."""

    projection: Projection
    condition: Expression | None = None
    at: int = field(default=0, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class ReturnClause:
    """``RETURN projection``."""

    projection: Projection
    at: int = field(default=0, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class YieldItem:
    """``column [AS alias]``."""

    column: str
    alias: str | None = None
    at: int = field(default=0, compare=False, kw_only=True)

    @property
    def name(self) -> str:
        """What the column is called."""
        return self.column if self.alias is None else self.alias


@dataclass(frozen=True, slots=True)
class CallClause:
    """``CALL procedure(arguments) [YIELD items] [WHERE condition]``.

    ``arguments`` is None without parentheses: then parameters of the query are passed by name. ``items`` is None
    without YIELD, or with ``YIELD *``, which ``star`` says.
    """

    procedure: str
    arguments: tuple[Expression, ...] | None
    items: tuple[YieldItem, ...] | None = None
    star: bool = False
    condition: Expression | None = None
    at: int = field(default=0, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class SubqueryClause:
    """``CALL { query }`` once a row; it sees what its first WITH names."""

    query: WrittenQuery
    at: int = field(default=0, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class CreateClause:
    """``CREATE patterns``, for ``Graph.from_cypher`` alone."""

    patterns: tuple[PathPattern, ...]
    at: int = field(default=0, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class WriteClause:
    """A clause that is refused: ``word`` is ``SET``, ``DELETE``, ``REMOVE`` or ``MERGE``."""

    word: str
    at: int = field(default=0, compare=False, kw_only=True)


Clause = (
    MatchClause
    | UnwindClause
    | WithClause
    | ReturnClause
    | CallClause
    | SubqueryClause
    | CreateClause
    | WriteClause
)


@dataclass(frozen=True, slots=True)
class SingleQuery:
    """Clauses in order, without UNION."""

    clauses: tuple[Clause, ...]
    at: int = field(default=0, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class WrittenQuery:
    """One query, or several joined by UNION.

    ``alls`` has, for each part but the first, whether ALL stands before it. ``text`` is the whole text, to which every
    ``at`` refers.
    """

    parts: tuple[SingleQuery, ...]
    alls: tuple[bool, ...] = ()
    text: str = field(default="", compare=False)
    at: int = field(default=0, compare=False, kw_only=True)
