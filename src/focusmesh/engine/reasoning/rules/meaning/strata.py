"""Strata: relations that depend on one another, in the order in which they can be worked out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.rules.language import Atom, failure
from focusmesh.engine.reasoning.rules.meaning.normal_form import GroupLiteral
from focusmesh.engine.reasoning.rules.meaning.types import atoms

if TYPE_CHECKING:
    from collections.abc import Iterable

    from focusmesh.engine.reasoning.rules.meaning.normal_form import NormalForm, NormalRule

Edges = dict[str, dict[str, tuple[bool, int]]]


def stratify(form: NormalForm) -> list[list[str]]:
    """Relations with rules and operator atoms, those of a cycle together, each after what it needs.

    Raises RuleError for a cycle through ``!``, an aggregate or an operator.
    """
    edges: Edges = {name: {} for name in (*form.calls, *(r.head.relation for r in form.rules))}
    for name, call in form.calls.items():
        for _, given in call.given:
            if isinstance(given, str) and given in edges:
                edges[name][given] = True, call.at
    for rule in form.rules:
        for relation, boundary, at in _needs(rule):
            if relation in edges:
                before = edges[rule.head.relation].get(relation)
                if before is None or (boundary and not before[0]):
                    edges[rule.head.relation][relation] = boundary, at
    parts = _components(edges)
    for part in map(dict.fromkeys, parts):
        for name in part:
            for other, (boundary, at) in edges[name].items():
                if boundary and other in part:
                    cycle = " → ".join([name, *_path(edges, other, name)])
                    words = f"a cycle goes through a negation, an aggregate or an operator: {cycle}"
                    raise failure(form.program.text, at, words)
    return parts


def _needs(rule: NormalRule) -> Iterable[tuple[str, bool, int]]:
    for literal in rule.body:
        if isinstance(literal, Atom):
            yield literal.relation, literal.negated, literal.at
        elif isinstance(literal, GroupLiteral):
            for atom in atoms([literal]):
                yield atom.relation, True, atom.at


def _path(edges: Edges, start: str, end: str) -> list[str]:
    """A way from ``start`` to ``end``, both included."""
    came: dict[str, str | None] = {start: None}
    queue = [start]
    for name in queue:
        if name == end:
            break
        for other in edges[name]:
            if other not in came:
                came[other] = name
                queue.append(other)
    way, at = list[str](), end if end in came else None
    while at is not None:
        way.append(at)
        at = came[at]
    return way[::-1]


def _components(edges: Edges) -> list[list[str]]:
    """Strongly connected parts, each after those it needs (Tarjan, without recursion)."""
    number, low, open_, parts = dict[str, int](), dict[str, int](), list[str](), list[list[str]]()
    place = dict[str, int]()
    for root in edges:
        work = [] if root in number else [(root, iter(edges[root]))]
        if work:
            number[root] = low[root] = len(number)
            place[root] = len(open_)
            open_.append(root)
        while work:
            name, rest = work[-1]
            other = next(rest, None)
            if other is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[name])
                if low[name] == number[name]:
                    at = place.pop(name)
                    parts.append(open_[at:])
                    del open_[at:]
                    for other in parts[-1]:
                        place.pop(other, None)
            elif other not in number:
                number[other] = low[other] = len(number)
                place[other] = len(open_)
                open_.append(other)
                work.append((other, iter(edges[other])))
            elif other in place:
                low[name] = min(low[name], number[other])
    return parts
