"""Proofs by rules as strangers hand them over: what verifies is so."""

from __future__ import annotations

import json

from focusmesh import Graph
from focusmesh.engine.reasoning import QueryLimits, RuleView, read_proof
from focusmesh.errors import BudgetError, InputError, ProofError
from tests.fuzz.cost import Cost
from tests.fuzz.target import Structure, Target

GRAPH = Graph.from_edges([("a", "b"), ("b", "c"), ("c", "d"), ("d", "b")])
RULES = """path(x, y) :- axon(x, y, _).
path(x, z) :- path(x, y), axon(y, z, _).
far(x, y, n) :- path(x, y), !axon(x, y, _), n = count : path(x, _), n > 1."""
LIMITS = QueryLimits(seconds=2, memory_bytes=1 << 20, rows=400, inferences=20_000)


def check(data: bytes) -> bool:
    try:
        proof = read_proof(data.decode())
        proof.verify(GRAPH, limits=LIMITS)
    except (UnicodeDecodeError, InputError, ProofError, BudgetError):
        return False
    root = proof.root
    view = RuleView(GRAPH, proof.rules, limits=LIMITS)
    try:
        assert root.row in view[root.relation]
    except BudgetError:
        return True
    return True


def seeds() -> list[bytes]:
    view = GRAPH.rules(RULES)
    rows = [("path", "a", "d"), ("path", "d", "d"), ("far", *view["far"][0])]
    return [view.why(*row).to_json().encode() for row in rows]


TARGET = Target(
    check,
    seeds,
    Structure(json.loads, lambda value: json.dumps(value).encode()),
    Cost(memory=1 << 24, memory_a_byte=512, seconds=12.0),
)
