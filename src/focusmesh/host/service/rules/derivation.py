"""What rules derive, once, under limits; base relations are read from the graph once and kept, programs are not."""

from __future__ import annotations

import math
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING, Any

from focusmesh.errors import InputError
from focusmesh.host.service.particle_names import in_json
from focusmesh.host.service.records.rules import (
    DeriveAnswer,
    DerivedRelation,
    RuleFailureRow,
    WhyAnswer,
)
from focusmesh.ids import from_cid, is_cid

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from focusmesh.engine.graph import Graph
    from focusmesh.engine.reasoning import Proof, QueryLimits, RuleSet
    from focusmesh.engine.support.progress import Progress
    from focusmesh.errors import BudgetError
    from focusmesh.host.service.records.records import Value

    Row = tuple[Any, ...]

PROOF_STEPS_MAX = 10_000
"""Steps of a proof that is sent."""


class BaseRows:
    """The relations of one graph, each read when it is first needed, for all programs. Safe between threads."""

    def __init__(self, graph: Graph) -> None:
        self.snapshot = graph.snapshot()
        self._rows: dict[str, list[Row]] = {}
        self._lock = Lock()

    def of(self, rules: RuleSet, goal: str | None = None) -> dict[str, list[Row]]:
        """The rows of those that some rule, or ``goal``, looks at."""
        names = rules.needs if goal is None else rules.needs_for(goal)
        return {name: self._read(name) for name in sorted(names)}

    def _read(self, name: str) -> list[Row]:
        from focusmesh.engine.reasoning import GRAPH_RELATIONS, graph_rows

        if name not in GRAPH_RELATIONS:
            # Properties of one key: programs could name any number of them.
            return list(graph_rows(self.snapshot, name))
        with self._lock:
            if name not in self._rows:
                self._rows[name] = list(graph_rows(self.snapshot, name))
            return self._rows[name]


def derive(
    base: BaseRows,
    text: str,
    limits: QueryLimits,
    *,
    goal: str | None = None,
    relations: Sequence[str] = (),
    top: int = 1_000,
    partial: bool = False,
    patterns: bool = False,
    root: str = "",
    height: int | None = None,
    progress: Progress | None = None,
) -> DeriveAnswer:
    """Rows of a goal, of ``relations``, or of what the rules put out: ``top`` of each.

    ``patterns``: rules may have regular expressions, which no limit stops.
    Raises RuleError with line and column, InputError for a relation that is not there, and BudgetError at a limit
    unless the answer may be partial.
    """
    from focusmesh.engine.reasoning import Meter

    rules, meter = _read_rules(text, patterns=patterns), Meter(limits, progress)
    goals = [goal] if goal is not None else [] if relations else rules.goals
    found, unsettled = list[DerivedRelation](), list[DerivedRelation]()
    stopped: BudgetError | None = None
    for name in relations:
        _verify_known(rules, name)
    if goals:
        for each in goals:
            facts = base.of(rules, each)
            rows, stopped = rules.answer_partly(each, facts, meter, base.snapshot, partial=partial)
            found.append(_relation(rules, each, len(rows), rows[:top]))
            if stopped is not None:
                break
    else:
        model = rules.model(base.of(rules), meter, base.snapshot, partial=partial)
        stopped = model.stopped
        open_rows = rules.open_rows(model.relations)
        for name in dict.fromkeys(relations or rules.outputs):
            there, rows = model.relations[name], open_rows.get(name, [])
            found.append(_relation(rules, name, len(there), there.first(top)))
            if rows:
                unsettled.append(_relation(rules, name, len(rows), rows[:top]))
    return DeriveAnswer(
        root=root,
        height=height,
        relations=found,
        unsettled=unsettled,
        complete=stopped is None,
        stopped=None if stopped is None else str(stopped),
        derived=meter.rows,
        inferences=meter.inferences,
    )


def explain_row(
    base: BaseRows,
    text: str,
    fact: str,
    limits: QueryLimits,
    *,
    minimal: bool = False,
    patterns: bool = False,
    root: str = "",
    height: int | None = None,
    progress: Progress | None = None,
) -> WhyAnswer:
    """The proof of a row, of least height where ``minimal``, or what is missing.

    Raises as ``derive``, and InputError for what is no fact.
    """
    from focusmesh.engine.reasoning import Meter, failures, find_proof, read_fact

    rules, meter = _read_rules(text, patterns=patterns), Meter(limits, progress)
    name, row = read_fact(fact)
    _verify_known(rules, name)
    if len(row) != len(rules.types[name]):
        raise InputError(f"{name} has {len(rules.types[name])} columns, not {len(row)}")
    bound = rules.bound(base.snapshot)
    relations = rules.model(base.of(rules), meter, base.snapshot).relations
    if row not in relations[name].ranks:
        row = tuple(
            from_cid(each) if isinstance(each, str) and is_cid(each) else each for each in row
        )
    if row in relations[name].ranks:
        proof = find_proof(bound, relations, name, row, meter, minimal=minimal)
        return _proof_answer(fact, proof, root, height)
    missing = failures(bound, relations, name, row, meter)
    words = "\n".join(map(str, missing)) or f"no rule of {name} has such a row"
    return WhyAnswer(
        root=root,
        height=height,
        fact=_text(fact),
        holds=False,
        text=_text(words),
        depth=None,
        steps=0,
        proof=None,
        failures=[
            RuleFailureRow(
                rule=_text(each.rule), holds=[*map(_text, each.holds)], fails=_text(each.fails)
            )
            for each in missing
        ],
    )


def _proof_answer(fact: str, proof: Proof, root: str, height: int | None) -> WhyAnswer:
    steps = sum(1 for _ in proof.steps())
    return WhyAnswer(
        root=root,
        height=height,
        fact=_text(fact),
        holds=True,
        text=_text(str(proof)),
        depth=proof.height,
        steps=steps,
        proof=_document(proof) if steps <= PROOF_STEPS_MAX else None,
        failures=[],
    )


def _document(proof: Proof) -> str | None:
    """The proof as JSON; None where JSON cannot say its values."""
    with suppress(InputError):
        return proof.to_json()
    return None


def _read_rules(text: str, *, patterns: bool) -> RuleSet:
    from focusmesh.engine.reasoning import graph_rules

    rules = graph_rules(text)
    rules.verify_alone(patterns=patterns)
    return rules


def _verify_known(rules: RuleSet, name: str) -> None:
    known: Mapping[str, Iterable[str]] = rules.types
    if name not in known:
        raise InputError(f"no relation is named {name}; there are: {', '.join(known)}")


def _relation(rules: RuleSet, name: str, count: int, rows: list[Row]) -> DerivedRelation:
    relation = name.partition("(")[0].removeprefix("?-").strip()
    return DerivedRelation(
        name=_text(name),
        columns=rules.columns(relation),
        types=list(rules.types[relation]),
        count=count,
        rows=[[_value(value) for value in row] for row in rows],
    )


def _value(value: Any) -> Value:
    if isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    return _text(str(in_json(value)))


def _text(text: str) -> str:
    """Text as JSON can say it: rules may write half of a character."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
