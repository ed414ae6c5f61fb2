"""Query and why over a memory: rows and proofs within the budget, and errors that say what to write."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from focusmesh.errors import InputError, ParameterError, RuleError
from focusmesh.interface.mcp import Tools
from focusmesh.interface.mcp.answers import fits

if TYPE_CHECKING:
    from tests.interface.mcp.conftest import NewStore

RULES = """leads(x, y) :- link(x, y, "leads", _, _, _).
above(x, y) :- leads(x, y).
above(x, z) :- above(x, y), leads(y, z).
kind(x, t) :- link(x, t, "memory:type", _, _, _)."""
NAMES = ("Ada", "Bo", "Cy", "Di")


@pytest.fixture
def tools(new_store: NewStore) -> Tools:
    made = Tools(new_store())
    entities = [{"name": name, "entityType": "person", "observations": []} for name in NAMES]
    made.call("create_entities", {"entities": entities})
    relations = [
        {"from": first, "to": second, "relationType": "leads"} for first, second in pairwise(NAMES)
    ]
    made.call("create_relations", {"relations": relations})
    return made


def test_a_query_derives_rows_of_a_memory(tools: Tools) -> None:
    found: Any = tools.call("query", {"rules": RULES, "goal": 'above("Ada", y)'}).data
    (rows,) = found.relations
    assert [row[1] for row in rows.rows] == ["Bo", "Cy", "Di"]
    assert rows.columns == ["x", "y"]
    assert not found.stopped
    everything: Any = tools.call("query", {"rules": RULES}).data
    sizes = {each.name: len(each.rows) for each in everything.relations}
    assert sizes == {"leads": 3, "above": 6, "kind": 4}


def test_why_proves_a_fact_or_says_what_is_missing(tools: Tools) -> None:
    found: Any = tools.call("why", {"rules": RULES, "fact": 'above("Ada", "Cy")'}).data
    assert found.holds
    assert found.text.splitlines()[0].startswith('above("Ada", "Cy")    by above(x, z)')
    missing: Any = tools.call("why", {"rules": RULES, "fact": 'above("Cy", "Ada")'}).data
    assert not missing.holds
    assert 'fails: leads("Cy", "Ada")' in missing.text


def test_a_limit_gives_what_there_is(tools: Tools) -> None:
    found: Any = tools.call("query", {"rules": "n(0). n(x + 1) :- n(x)."}).data
    assert "derived rows" in found.stopped
    (rows,) = found.relations
    assert rows.more > 0
    assert rows.rows[:2] == [[0], [1]]


def test_answers_keep_to_the_budget(new_store: NewStore) -> None:
    store = new_store()
    Tools(store).call(
        "create_entities", {"entities": [{"name": "a", "entityType": "b", "observations": []}]}
    )
    small = Tools(store, budget_tokens=300)
    many = "n(0). n(x + 1) :- n(x), x < 999."
    found: Any = small.call("query", {"rules": many}).data
    assert fits(found, 300)
    assert found.relations[0].more + len(found.relations[0].rows) == 1_000
    proof: Any = small.call("why", {"rules": many, "fact": "n(900)"}).data
    assert fits(proof, 300)
    assert not proof.whole
    with pytest.raises(ParameterError, match="has no room for the names"):
        Tools(store, budget_tokens=5).call("query", {"rules": many})


@pytest.mark.parametrize(
    ("name", "given", "error", "words"),
    [
        ("query", {"rules": "p(x, y) :- q(x)."}, RuleError, "y is not bound"),
        ("query", {"rules": "p(x) :- name(x, s), match(s, s)."}, RuleError, "use contains"),
        ("query", {"rules": RULES, "goal": "abov(x)"}, RuleError, "did you mean above"),
        ("query", {"rules": RULES, "top": 3}, ParameterError, "top"),
        ("why", {"rules": RULES, "fact": "above(x)"}, InputError, "a fact is a relation"),
        ("why", {"rules": RULES}, ParameterError, "fact"),
    ],
)
def test_wrong_questions_are_refused(
    tools: Tools, name: str, given: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        tools.call(name, given)


def test_what_scores_leave_open_is_counted_and_described(tools: Tools) -> None:
    relation = {"from": NAMES[-1], "to": NAMES[0], "relationType": "leads"}
    tools.call("create_relations", {"relations": [relation]})
    above = "above(x, y) :- @focus(x, s, _), @focus(y, t, _), s > t."
    tool = tools.offered["query"]
    answer: Any = tools.call("query", {"rules": above})
    told = msgspec.to_builtins(answer.data)
    assert told["unsettled"]["above"] > 0
    assert told.keys() <= tool.schemas[1]["properties"].keys()
