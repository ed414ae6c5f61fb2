"""What strangers may hand in: programs bounded before they run, partial answers, profiles, and proofs as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import focusmesh as fm
from focusmesh.engine.reasoning import QueryLimits, RuleSet, graph_rules, read_proof
from focusmesh.engine.reasoning.relations import Meter
from focusmesh.errors import BudgetError, FocusmeshError, InputError, ProofError, RuleError

if TYPE_CHECKING:
    from collections.abc import Callable

RULES = """path(x, y) :- axon(x, y, _).
path(x, z) :- path(x, y), axon(y, z, _).
far(x, y, n) :- path(x, y), !axon(x, y, _), n = count : path(x, _), n > 1."""
EDGES = [("a", "b"), ("b", "c"), ("c", "d"), ("d", "b")]
ATOMS = ",".join(["a(x)"] * 201)
HALF = ";".join(["a(x)"] * 900)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"b(x) :- {ATOMS}.", "1:9: this body has more than 200 literals"),
        (f"b(x) :- ({HALF}), {','.join(['a(x)'] * 60)}.", "1:1: these rules have more than 50,000"),
        (f"a(1).\n{','.join(['b(x)'] * 900)} :- ({HALF}).", "2:1: these rules have more than"),
        (f"b({'1+' * 201}1).", "a rule has at most 200 operators"),
        (f"b({'(' * 60_000}1).", "1:203: this is nested deeper than 200"),
        ("a(1). " * 200_000, "the rules are longer than 64 KiB"),
    ],
)
def test_programs_that_cost_too_much_before_they_run_are_refused(text: str, words: str) -> None:
    with pytest.raises(RuleError) as found:
        graph_rules(text)
    assert words in str(found.value)


def test_a_program_of_many_relations_is_read_in_one_pass() -> None:
    text = "".join(f"r{at}(x) :- r{at + 1}(x).\n" for at in range(2_000)) + "r2000(1)."
    rules = RuleSet(text)
    assert rules.types["r0"] == ("number",)
    assert rules.strata[0] == ["r2000"]


def test_a_goal_that_asks_in_too_many_ways_is_refused() -> None:
    names = [f"x{at}" for at in range(12)]
    head = f"p({', '.join(names)})"
    turns = [f"p({', '.join([*names[:at], 'z', *names[at + 1 :]])})" for at in range(12)]
    text = f"{head} :- q({', '.join(names)}).\n" + "".join(
        f"{turn} :- {head}, s(z).\n" for turn in turns
    )
    rules = RuleSet(f"{text}q({', '.join('1' * 12)}). s(1).")
    goal = f"p({', '.join('1' * 12)})"
    with pytest.raises(RuleError, match="more than 256 ways of asking"):
        rules.answer(goal)


def test_symbols_that_grow_by_themselves_end() -> None:
    for made in ("cat(x, x)", "x + x"):
        with pytest.raises(RuleError, match="at most 4,096 characters"):
            RuleSet(f'n("ab"). n({made}) :- n(x).').evaluate()


def test_a_partial_model_has_rows_that_follow_and_says_what_stopped_it() -> None:
    text = "n(0). n(x + 1) :- n(x). m(x) :- n(x), !k(x). k(1)."
    rules = RuleSet(text)
    with pytest.raises(BudgetError):
        rules.model({}, QueryLimits(rows=100))
    model = rules.model({}, QueryLimits(rows=100), partial=True)
    found = set(model.relations["n"].ranks)
    assert model.stopped is not None
    assert model.stopped.limit == "rows"
    assert found == {(number,) for number in range(len(found))}
    assert not model.relations["m"].ranks
    rows, stopped = rules.answer_partly("n(x)", {}, QueryLimits(rows=100))
    assert rows
    assert stopped is not None
    assert RuleSet("n(0). n(1).").answer_partly("n(x)")[1] is None


def test_progress_stops_an_evaluation() -> None:
    told = []

    def stop(step: Any) -> None:
        told.append(step.done)
        if len(told) == 20:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        RuleSet("n(0). n(x + 1) :- n(x).").evaluate({}, Meter(QueryLimits(), stop))
    assert told == sorted(told)


def test_a_profile_has_what_each_rule_took() -> None:
    graph = fm.Graph.from_edges(EDGES)
    view = graph.rules(RULES, profile=True)
    assert len(view["far"]) == 8
    steps = {each.step: each for each in view.profile}
    closing = steps["the rule of path in line 2"]
    assert steps["the rule of path in line 1"].rows == 4
    assert closing.rows == len(view["path"]) - 4
    assert closing.inferences >= closing.rows
    assert all(each.seconds > 0 for each in steps.values())
    assert graph.rules(RULES).profile == []


def proved() -> tuple[fm.Graph, str]:
    graph = fm.Graph.from_edges(EDGES)
    return graph, graph.rules(RULES).why("far", "a", "d", 3).to_json()


def test_a_proof_goes_through_json() -> None:
    graph, text = proved()
    proof = read_proof(text)
    proof.verify(graph)
    assert proof.to_json() == text
    assert str(proof) == str(graph.rules(RULES).why("far", "a", "d", 3))
    other = fm.Graph.from_edges(EDGES[1:])
    with pytest.raises(ProofError, match="does not hold"):
        proof.verify(other)


def test_bytes_and_endless_floats_go_through_json() -> None:
    graph = fm.Graph.from_edges([(b"\x01" * 32, "b")])
    facts = {"weight": [(float("inf"),)]}
    view = graph.rules(
        ".decl weight(w: float) heavy(x, w) :- axon(x, _, _), weight(w).", facts=facts
    )
    text = view.why("heavy", b"\x01" * 32, float("inf")).to_json()
    json.loads(text, parse_constant=pytest.fail)
    read_proof(text).verify(graph, facts)


def changed(change: Callable[[dict[str, Any]], object]) -> str:
    document = json.loads(proved()[1])
    change(document)
    return json.dumps(document)


@pytest.mark.parametrize(
    "change",
    [
        lambda told: told["steps"].pop(0),
        lambda told: told["steps"].clear(),
        lambda told: told["steps"][-1].update(rule=9),
        lambda told: told["steps"][-1].update({"from": [10**9]}),
        lambda told: told["steps"][-1].update({"from": [len(told["steps"]) - 1]}),
        lambda told: told["steps"][-1].update({"from": []}),
        lambda told: told["steps"][-1]["row"].append("c"),
        lambda told: told["steps"][-1].update(row=["a", "c", 3]),
        lambda told: told["steps"][-1].update(row=["a", "d", "3"]),
        lambda told: told["steps"][-1]["values"].clear(),
        lambda told: told["steps"][-1]["values"].update(more=1),
        lambda told: told["steps"][-1].update(relation="none"),
        lambda told: told["steps"][-1].update(row=["a", [], 3]),
        lambda told: told["steps"][-1].update(row=["a", {"bytes": "x"}, 3]),
        lambda told: told["steps"][-1].update(row=["a", {}, 3]),
        lambda told: told["steps"][0].update(row=["a", "z", 1.0]),
        lambda told: told["steps"][0].update(relation="path", row=["a", "b"]),
        lambda told: told.update(rules="path(x"),
        lambda told: told.update(more=1),
    ],
)
def test_a_changed_proof_is_refused(change: Callable[[dict[str, Any]], object]) -> None:
    graph, _ = proved()
    with pytest.raises(FocusmeshError):
        read_proof(changed(change)).verify(graph)


@pytest.mark.parametrize("text", ["", "[" * 10**5, "null", '{"rules": "", "steps": []}', "\ud800"])
def test_what_is_no_proof_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="this is no proof"):
        read_proof(text)
