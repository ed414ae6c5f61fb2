"""What becomes of a scenario of the TCK before anything runs."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.query.language import read_query
from focusmesh.engine.reasoning.query.meaning import (
    ProcedureSignature,
    QuerySurroundings,
    check_query,
)
from focusmesh.engine.reasoning.query.values import ValueType
from focusmesh.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from tests.engine.reasoning.query.scenarios import Scenario

_PROCEDURE = re.compile(r"there exists a procedure ([\w.]+)\((.*?)\) :: \((.*?)\)")


def procedures(scenario: Scenario) -> dict[str, ProcedureSignature]:
    """The procedures that a scenario says there are."""
    found = (_PROCEDURE.match(step) for step in scenario.steps)
    return {
        each[1].lower(): ProcedureSignature(each[1], _typed(each[2]), _typed(each[3]))
        for each in found
        if each
    }


def _typed(text: str) -> tuple[tuple[str, ValueType], ...]:
    pairs = [part.split("::") for part in text.split(",") if part.strip()]
    return tuple((name.strip(), ValueType[kind.strip().rstrip("?")]) for name, kind in pairs)


def refusal(
    text: str, surroundings: QuerySurroundings | None = None, given: Collection[str] | None = None
) -> QueryError | None:
    """Why a query is refused before it runs, None where it is not; ``given`` names parameters."""
    try:
        checked = check_query(read_query(text), surroundings)
        if given is not None:
            checked.require(given)
    except QueryError as error:
        return error
    return None


def verdict(scenario: Scenario) -> str:
    """``runs``, ``refused`` as it should be, ``writes``, or what is not as it should be."""
    known = QuerySurroundings(procedures=procedures(scenario), creates=True)
    given = [row[0] for row in scenario.parameters]
    for text in scenario.setup:
        error = refusal(text, known)
        if error and error.detail != "WriteClause":
            return f"{scenario.name}: its set-up is refused: {error}"
    error = refusal(scenario.query, known, given)
    if error and error.detail == "WriteClause":
        return "writes"
    wanted = scenario.error
    found = (error.kind, error.phase, error.detail) if error else None
    if wanted and wanted[1] == "compile time":
        return "refused" if found == wanted else f"{scenario.name}: {found} instead of {wanted}"
    if wanted and wanted[1] == "any time" and error:
        same = error.kind == wanted[0] and wanted[2] in {"*", error.detail}
        return "refused" if same else f"{scenario.name}: {found} instead of {wanted}"
    return f"{scenario.name}: {error}" if error else "runs"


def verdicts(scenarios: Iterable[Scenario]) -> tuple[Counter[str], list[str]]:
    """How many scenarios have which verdict, and those that are not as they should be."""
    counts, wrong = Counter[str](), list[str]()
    for scenario in scenarios:
        found = verdict(scenario)
        if found in {"runs", "refused", "writes"}:
            counts[found] += 1
        else:
            wrong.append(found)
    return counts, wrong
