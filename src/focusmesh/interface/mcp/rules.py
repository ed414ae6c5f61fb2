"""Query and why: what follows from links by rules, and the proof of it, cut to a budget of tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from focusmesh.interface.mcp.answers import fits, tokens_of
from focusmesh.interface.mcp.paging import fill, largest, no_room

if TYPE_CHECKING:
    from focusmesh.host.service import Derive, DerivedRelation, Why
    from focusmesh.interface.mcp.store import Moment


class QueriedRelation(msgspec.Struct, frozen=True, omit_defaults=True):
    """Rows of a relation or a goal; ``more`` were left out."""

    name: str
    columns: list[str]
    rows: list[list[Any]]
    more: int = 0


class QueryResult(msgspec.Struct, frozen=True, omit_defaults=True):
    """What rules derive. Where ``stopped`` says which limit ended it, other rows may follow too.

    ``unsettled`` counts rows of relations that the bounds of scores leave open.
    """

    relations: list[QueriedRelation]
    root: str
    height: int | None = None
    stopped: str = ""
    unsettled: dict[str, int] = {}


class WhyResult(msgspec.Struct, frozen=True, omit_defaults=True):
    """The proof of a fact, or how far each rule comes towards it; ``whole`` is false where it was cut."""

    holds: bool
    text: str
    root: str
    height: int | None = None
    whole: bool = True


def query(moment: Moment, asked: Derive, budget_tokens: int) -> QueryResult:
    """As many rows as the budget has room for, each relation's after the one before.

    Raises ParameterError for a budget without room for names, and what ``Moment.derive`` does; a limit is no error.
    """
    found = msgspec.structs.replace(asked, partial=True).ask(moment.answers)

    unsettled = {each.name: each.count for each in found.unsettled}

    def result_of(count: int) -> QueryResult:
        relations, left = list[QueriedRelation](), count
        for each in found.relations:
            relations.append(_first(each, left))
            left -= len(relations[-1].rows)
        return QueryResult(relations, moment.root, moment.height, found.stopped or "", unsettled)

    most = sum(len(each.rows) for each in found.relations)
    count = fill(most, lambda count: tokens_of(result_of(count)), budget_tokens)
    if not fits(result_of(count), budget_tokens):
        raise no_room(budget_tokens, "the names of what is derived", tokens_of(result_of(0)))
    return result_of(count)


def why(moment: Moment, asked: Why, budget_tokens: int) -> WhyResult:
    """The proof as lines of text, as many as the budget has room for. Raises as ``query``, and BudgetError."""
    found = asked.ask(moment.answers)
    lines = found.text.splitlines()

    def result_of(count: int) -> WhyResult:
        whole = count == len(lines)
        text = "\n".join(lines if whole else [*lines[:count], "…"])
        return WhyResult(found.holds, text, moment.root, moment.height, whole)

    count = largest(len(lines), lambda count: fits(result_of(count), budget_tokens))
    if not fits(result_of(count), budget_tokens):
        raise no_room(budget_tokens, "a line", tokens_of(result_of(1)))
    return result_of(count)


def _first(relation: DerivedRelation, count: int) -> QueriedRelation:
    rows = relation.rows[: max(0, count)]
    return QueriedRelation(relation.name, relation.columns, rows, relation.count - len(rows))
