"""No answer takes more than its budget, and its pages together have everything, each once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from focusmesh import Graph
from focusmesh.engine.recall import estimated_tokens
from focusmesh.errors import InputError, ParameterError, UnknownParticleError
from focusmesh.interface.mcp import FileStore, GraphStore, Tools
from focusmesh.interface.mcp.paging import largest, render_answer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from focusmesh.interface.mcp.tool import Answer

TEAS = ["green", "black", "white", "oolong", "herbal"]


def entity(name: str, *observations: str, kind: str = "person") -> dict[str, Any]:
    return {"name": name, "entityType": kind, "observations": list(observations)}


def relation(source: str, target: str, kind: str = "knows") -> dict[str, str]:
    return {"from": source, "to": target, "relationType": kind}


@pytest.fixture
def tools(tmp_path: Path) -> Tools:
    """Forty people, what they drink, and whom they know."""
    made = Tools(FileStore(tmp_path / "memory.focusmesh"))
    people = [
        entity(
            f"person {n}", f"drinks {TEAS[n % 5]} tea", f"lives in town {n}", "is " + "very " * n
        )
        for n in range(40)
    ]
    made.call("create_entities", {"entities": people})
    known = [relation(f"person {n}", f"person {(n * 7 + 1) % 40}") for n in range(40)]
    made.call("create_relations", {"relations": [*known, relation("nobody", "anybody")]})
    return made


def costs(answer: Answer) -> int:
    compact = msgspec.json.encode(answer.data).decode()
    return max(estimated_tokens(answer.text), estimated_tokens(compact))


def pages(tools: Tools, name: str, **arguments: Any) -> Iterator[Any]:
    cursor: dict[str, str] = {}
    for _ in range(1_000):
        answer = tools.call(name, arguments | cursor)
        assert costs(answer) <= arguments["budget_tokens"]
        assert answer.text == render_answer(answer.data)
        yield answer.data
        if answer.data.next_cursor is None:
            return
        cursor = {"cursor": answer.data.next_cursor}
    pytest.fail("pages without end")


@pytest.mark.parametrize("budget", [150, 200, 512, 2_000, 100_000])
def test_pages_of_the_graph_have_everything_once(tools: Tools, budget: int) -> None:
    whole = tools.call("read_graph", {}).data
    assert whole.next_cursor is None
    parts = list(pages(tools, "read_graph", budget_tokens=budget))
    observed = [
        (each.name, text) for part in parts for each in part.entities for text in each.observations
    ]
    related = [each for part in parts for each in part.relations]
    assert sorted(observed) == sorted(
        (each.name, text) for each in whole.entities for text in each.observations
    )
    assert sorted(map(repr, related)) == sorted(map(repr, whole.relations))
    assert {each.name for part in parts for each in part.entities} == {
        f"person {n}" for n in range(40)
    }
    assert (len(parts) == 1) == (budget == 100_000)


def test_a_budget_that_is_not_kept_is_seen(tools: Tools, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("focusmesh.interface.mcp.paging._Builder._fits", lambda *_: True)
    with pytest.raises(AssertionError):
        list(pages(tools, "read_graph", budget_tokens=500))
    monkeypatch.setattr("focusmesh.interface.mcp.answers.fill", lambda most, *_: most)
    with pytest.raises(AssertionError):
        list(pages(tools, "recall", question="who drinks oolong?", budget_tokens=200))


def test_a_part_begins_with_what_has_most_focus(tools: Tools) -> None:
    first = next(pages(tools, "read_graph", budget_tokens=300)).entities
    moment = tools.store.moment()
    scores = moment.answers.ranks.scores
    best = max(moment.view.entities, key=lambda at: scores[at])
    assert first[0].name == moment.view.label(best)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("search_nodes", {"query": "GREEN tea"}),
        ("open_nodes", {"names": ["person 3", "person 39", "nobody"]}),
    ],
)
def test_pages_of_a_search_have_what_the_whole_has(
    tools: Tools, name: str, arguments: dict[str, Any]
) -> None:
    whole = tools.call(name, arguments).data
    parts = list(pages(tools, name, budget_tokens=150, **arguments))
    assert len(parts) > 1
    assert {each.name for part in parts for each in part.entities} == {
        each.name for each in whole.entities
    }
    assert sum(len(part.relations) for part in parts) == len(whole.relations)


@pytest.mark.parametrize("budget", [120, 300, 3_000])
def test_pages_of_a_recall_go_on_where_the_last_one_ended(tools: Tools, budget: int) -> None:
    found = [
        item
        for part in pages(tools, "recall", question="who drinks oolong?", budget_tokens=budget)
        for item in part.items
    ]
    ranks = [item.rank for item in found]
    assert ranks == sorted(set(ranks))
    whole = tools.call("recall", {"question": "who drinks oolong?", "budget_tokens": 10**6}).data
    assert {(item.rank, item.kind) for item in found} == {
        (item.rank, item.kind) for item in whole.items
    }
    assert {each for item in found if item.whole for each in item.of} <= {
        f"person {n}" for n in range(40)
    }
    (tea,) = [item for item in whole.items if item.text == "drinks oolong tea"]
    assert tea.of == [f"person {n}" for n in range(3, 40, 5)]


def test_recall_finds_what_no_word_leads_to(tools: Tools) -> None:
    tools.call("create_entities", {"entities": [entity("Kim", "keeps bees")]})
    tools.call("create_relations", {"relations": [relation("Kim", "person 5", "taught")]})
    found = tools.call("recall", {"question": "Who keeps bees?"}).data.items
    named = [item.text for item in found if item.kind == "entity"]
    assert {"Kim", "person 5"} <= set(named[:5])
    assert [item.of for item in found if item.text == "keeps bees"] == [["Kim"]]
    assert all(item.text != "person" for item in found)
    walks = tools.call("explain", {"particle": "person 5", "question": "Who keeps bees?"}).data
    assert any("Kim →[taught]→ person 5" in walk.way for walk in walks.walks)
    parts = sum(walk.share for walk in walks.walks) + walks.background + walks.remainder
    assert parts == pytest.approx(walks.score)
    few = tools.call("explain", {"particle": "person 5", "context": ["Kim"], "budget_tokens": 200})
    assert costs(few) <= 200


def test_one_long_observation_is_cut_and_said_to_be(tools: Tools) -> None:
    story = "Once upon a time there was tea. " * 3_000
    tools.call("create_entities", {"entities": [entity("Teller", story)]})
    opened = tools.call("open_nodes", {"names": ["Teller"], "budget_tokens": 1_000})
    assert costs(opened) <= 1_000
    (text,) = opened.data.entities[0].observations
    assert text.startswith("Once upon")
    assert text.endswith("… [the observation goes on]")
    question = {"question": "Once upon a time", "budget_tokens": 500}
    recalled = [item for part in pages(tools, "recall", **question) for item in part.items]
    assert [item.text[:9] for item in recalled if not item.whole] == ["Once upon"]


@pytest.mark.parametrize(
    ("name", "arguments", "error", "why"),
    [
        ("read_graph", {"budget_tokens": 0}, ParameterError, "at least 1"),
        ("read_graph", {"budget_tokens": 12}, ParameterError, "no room"),
        ("read_graph", {"cursor": "x"}, ParameterError, "not a cursor"),
        ("search_nodes", {}, InputError, "missing required field `query`"),
        ("open_nodes", {"names": "Ada"}, InputError, "Expected `array`"),
        ("recall", {}, InputError, "question"),
        ("recall", {"question": "tea", "budget_tokens": 3}, ParameterError, "no room"),
        ("recall", {"question": "tea", "k": 0}, ParameterError, r"\$\.k"),
        ("recall", {"context": ["nobody at all"]}, UnknownParticleError, "no particle"),
        ("explain", {"particle": "person 1"}, InputError, "question"),
        (
            "explain",
            {"particle": "nobody at all", "question": "tea"},
            UnknownParticleError,
            "no part",
        ),
        ("explain", {"particle": "person 1", "question": "xyzzy"}, InputError, "word"),
        (
            "explain",
            {"particle": "person 1", "question": "tea", "walks": 0},
            ParameterError,
            "walks",
        ),
        ("create_entities", {"entities": [entity("x" * 5_000)]}, InputError, "observation"),
        ("create_entities", {"entities": [{"name": "Ada"}]}, InputError, "entityType"),
    ],
)
def test_what_cannot_be_answered_is_told(
    tools: Tools, name: str, arguments: dict[str, Any], error: type[Exception], why: str
) -> None:
    before = tools.store.moment().root
    with pytest.raises(error, match=why):
        tools.call(name, arguments)
    assert tools.store.moment().root == before


def test_a_cursor_ends_with_the_memory_that_it_is_of(tools: Tools) -> None:
    first = next(pages(tools, "read_graph", budget_tokens=200))
    with pytest.raises(InputError, match="another question"):
        tools.call("search_nodes", {"query": "tea", "cursor": first.next_cursor})
    tools.call("create_entities", {"entities": [entity("new")]})
    with pytest.raises(InputError, match="another moment"):
        tools.call("read_graph", {"cursor": first.next_cursor})


def test_read_only_tools_change_nothing(tmp_path: Path) -> None:
    store = GraphStore(Graph.from_edges(["a"], ["b"], relation="to"), "read only")
    offered = Tools(store, readonly=True).offered
    assert list(offered) == [
        "read_graph",
        "search_nodes",
        "open_nodes",
        "recall",
        "explain",
        "query",
        "why",
    ]
    found = Tools(store).call("read_graph", {}).data
    assert [(each.source, each.target, each.kind) for each in found.relations] == [("a", "b", "to")]


words = st.text('abc é\n"\\東', min_size=1, max_size=60)


@settings(max_examples=30)
@given(
    st.dictionaries(words, st.lists(words, max_size=4, unique=True), min_size=1, max_size=6),
    st.integers(120, 400),
)
def test_no_budget_is_exceeded_whatever_is_said(
    tmp_path_factory: pytest.TempPathFactory, people: dict[str, list[str]], budget: int
) -> None:
    tools = Tools(FileStore(tmp_path_factory.mktemp("memory") / "memory.focusmesh"))
    tools.call(
        "create_entities", {"entities": [entity(name, *said) for name, said in people.items()]}
    )
    names = list(people)
    tools.call("create_relations", {"relations": [relation(names[0], name) for name in names]})
    parts = list(pages(tools, "read_graph", budget_tokens=budget))
    observed = [text for part in parts for each in part.entities for text in each.observations]
    assert len(observed) == sum(map(len, people.values()))


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("read_graph", {}),
        ("open_nodes", {"names": ["person 5"]}),
        ("recall", {"question": "who drinks oolong?"}),
        ("explain", {"particle": "person 5", "question": "who drinks oolong?"}),
    ],
)
def test_a_refused_budget_names_the_least_that_does(
    tools: Tools, name: str, arguments: dict[str, Any]
) -> None:
    with pytest.raises(ParameterError) as refused:
        tools.call(name, {**arguments, "budget_tokens": 3})
    least = int(str(refused.value).rpartition(" ")[2])
    assert costs(tools.call(name, {**arguments, "budget_tokens": least})) <= least
    with pytest.raises(ParameterError, match=f"at least {least}$"):
        tools.call(name, {**arguments, "budget_tokens": least - 1})


def test_where_the_asker_stands_is_listed_on_demand(tools: Tools) -> None:
    asked = {"context": ["person 3"], "k": 20}
    listed = tools.call("recall", asked).data.items
    assert "person 3" not in [item.text for item in listed]
    listed = tools.call("recall", asked | {"include_context": True}).data.items
    assert "person 3" in [item.text for item in listed]


def test_explain_takes_what_recall_gave() -> None:
    graph = Graph.from_edges([0], [1], particles=["rye", "bread"])
    graph.set_texts(
        {"rye": "a grass", "bread": "made of flour and water, with salt and much patience"}
    )
    tools = Tools(GraphStore(graph, "it stays as it is"))
    whole = tools.call("recall", {"context": ["rye"], "k": 1}).data.items[0]
    assert whole.whole
    assert whole.text.startswith("bread\n")
    by_name, by_item = (
        tools.call("explain", {"particle": said, "context": ["rye"]}).data
        for said in ("bread", whole.text)
    )
    assert by_item == by_name


def test_explain_takes_what_recall_cut(tools: Tools) -> None:
    shown = "is " + "very " * 39
    found = tools.call("explain", {"particle": shown[:196] + " …", "context": ["person 39"]}).data
    assert found.particle == shown
    # Several begin so: nobody is meant.
    with pytest.raises(UnknownParticleError):
        tools.call("explain", {"particle": "is very …", "context": ["person 39"]})


@given(most=st.integers(0, 300), room=st.integers(0, 300))
def test_the_largest_number_that_has_room_is_found_without_asking_for_much_more(
    most: int, room: int
) -> None:
    asked: list[int] = []

    def holds(count: int) -> bool:
        asked.append(count)
        return count <= room

    found = largest(most, holds)
    assert found == min(most, room)
    assert all(0 < count <= min(most, max(1, 2 * found)) for count in asked)
