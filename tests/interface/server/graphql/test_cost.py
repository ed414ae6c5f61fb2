"""What a query costs is known before it is carried out, whatever it is made of, and is no less than what comes."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import focusmesh
from focusmesh.engine.focus import FocusParams
from focusmesh.host.service import Deadline, Moment, TimeLimitError
from focusmesh.interface.server.graphql import (
    Answered,
    Costs,
    GraphQLRequest,
    Prepared,
    answer_query,
    prepare_query,
)

ITEMS = "{items{particle{name}}}"


def ready(query: str, costs: Costs | None = None, **variables: Any) -> Prepared | Answered:
    return prepare_query(GraphQLRequest(query=query, variables=variables or None), costs or Costs())


def cost(query: str, **variables: Any) -> int:
    found = ready(query, Costs(cost=10**30, depth=100), **variables)
    assert isinstance(found, Prepared), found
    return found.found.measure.cost


def codes(query: str, costs: Costs | None = None, **variables: Any) -> list[str]:
    found = ready(query, costs, **variables)
    assert isinstance(found, Answered)
    return [error["extensions"]["code"] for error in found.document["errors"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("{status{root}}", 1),
        ("{rank{bound}}", 1),
        ("{rank{items{score}}}", 1 + 10),
        (f"{{rank(top:50){ITEMS}}}", 1 + 50 * 2),
        ("{rank{items{particle{links(limit:5){items{weight}}}}}}", 1 + 10 * (1 + 1 + 1 + 5)),
        (f'{{context(seeds:["a"]){ITEMS}}}', 100 + 1 + 20 * 2),
        (f'{{particle(name:"a"){{context(top:3){ITEMS}}}}}', 1 + 100 + 1 + 3 * 2),
        ('{particles(names:["a","b","c"]){items{name}}}', 1 + 3),
        ('{particles(names:["a","b","c"],limit:1){items{name}}}', 1 + 3),
        ("{particles(names:7){items{name}}}", 1 + 100),
        ("{blocks(limit:3){items{id}}}", 1 + 3),
        ("{block(height:900){signals{id}}}", 100 + 1 + 10),
        ("{recall(budget_tokens:800){items{text}}}", 100 + 1 + 100),
        ('{walk(seeds:["a"],steps:10){items{text}}}', 200 + 1 + 10),
        ('{ask(question:"a",steps:1){items{text}}}', 100 + 1 + 1),
        ("{links{items{weight}}}", 100 + 1 + 100),
        ('{explain(target:"a",seeds:["b"]){items{particles{name}}}}', 100 + 1 + 5 * (1 + 10)),
        ("{a:rank{bound} b:rank{bound}}", 2),
        ("{rank{a:bound b:bound}}", 1 + 2),
        ('{context_receipt(seeds:["a"])}', 100),
        ("{__typename}", 0),
    ],
)
def test_rows_and_contexts_are_counted(query: str, expected: int) -> None:
    assert cost(query) == expected


def test_variables_and_their_defaults_count() -> None:
    query = "query($n:Int=7){rank(top:$n){items{score}}}"
    assert cost(query) == 1 + 7
    assert cost(query, n=30) == 1 + 30
    names = "query($n:[Name!]!){particles(names:$n){items{name}}}"
    assert cost(names, n=["a"] * 40) == 1 + 40


def test_a_fragment_costs_wherever_it_is_spread() -> None:
    fragment = "fragment F on Ranking{items{particle{name}}}"
    assert cost(f"{{rank(top:3){{...F}}}} {fragment}") == 1 + 3 * 2
    assert cost(f"{{a:rank(top:3){{...F}} b:rank(top:5){{...F}}}} {fragment}") == 2 + 8 * 2
    assert cost("{rank(top:3){... on Ranking{items{score}}}}") == 1 + 3
    assert cost("{rank(top:9)@include(if:false){items{score}}}") == 1 + 9


def bomb(levels: int) -> str:
    """Each fragment spreads the next one twice."""
    names = [f"F{number}" for number in range(levels)]
    body = "{{a:context{{items{{particle{{...{0}}}}}}} b:context{{items{{particle{{...{0}}}}}}}}}"
    fragments = [
        f"fragment {name} on Particle {body.format(following)}"
        for name, following in pairwise(names)
    ]
    last = f"fragment {names[-1]} on Particle {{name}}"
    return " ".join([f'{{particle(name:"a"){{...{names[0]}}}}}', *fragments, last])


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{rank(top:1000){items{particle{links(limit:1000){items{weight}}}}}}", "too-costly"),
        (
            " ".join(["{", *(f"a{n}:context(seeds:[1]){{bound}}" for n in range(101)), "}"]),
            "too-costly",
        ),
        (bomb(30), "too-costly"),
        ("{...F} fragment F on Query{...G} fragment G on Query{...F}", "too-deep"),
        (
            "{rank{items{particle{"
            + "links(limit:1){items{target{" * 5
            + "name"
            + "}}}" * 5
            + "}}}}",
            "too-deep",
        ),
        ("{" + "a{" * 900, "graphql"),
        ("{rank(top:" + "[" * 900, "graphql"),
        ("{" + "__typename " * 2_000 + "}", "graphql"),
        ("{rank{" + "bound " * 1_900 + "}}", "graphql"),
        ("{a:__schema{types{name}}}", "introspection"),
        ("{__schema{a:types{name} b:types{name}}}", "introspection"),
        ("{__schema{...F}} fragment F on __Schema{a:types{name}}", "introspection"),
        ('{__schema{types{name}} __type(name:"Item"){name}}', "introspection"),
        ("{__schema{types{fields{type{fields{type{fields{name}}}}}}}}", "graphql"),
        ("", "graphql"),
        ("{rank{bound}} #" + " " * 40_000, "too-long"),
        (f'{{recall(question:"{"a" * 20_000}"){{bound}}}}', "too-long"),
        (f'{{particles(names:["b","{"a" * 20_000}"]){{root}}}}', "too-long"),
        ("{", "graphql"),
        ("fragment F on Query{rank{bound}}", "graphql"),
        ("query A{rank{bound}} query B{rank{bound}}", "graphql"),
        ("mutation{rank{bound}}", "graphql"),
        ("subscription{rank{bound}}", "graphql"),
        ("{rank{nope}}", "graphql"),
        ("query($n:Nope){rank(top:$n){bound}}", "graphql"),
    ],
)
def test_what_goes_too_far_is_refused_before_it_begins(query: str, code: str) -> None:
    begun = time.process_time()
    found = codes(query)
    assert code in found
    assert time.process_time() - begun < 5  # a bomb takes minutes, and this is milliseconds


def test_long_values_are_refused_as_variables_too() -> None:
    query = "query($q:String){recall(question:$q){bound}}"
    assert codes(query, q="a" * 16_385) == ["too-long"]
    assert isinstance(ready(query, q="a" * 16_384), Prepared)


def test_a_query_that_nobody_waits_for_any_more_ends_at_its_next_field() -> None:
    found = ready("{a:context(seeds:[1]){bound} b:context(seeds:[2]){bound} c:rank{bound}}")
    assert isinstance(found, Prepared)
    deadline, asked = Deadline(60.0), []

    class Watched(Moment):
        def context(self, seeds: Any, *args: Any, **options: Any) -> Any:
            asked.append(seeds)
            deadline.stop()  # the client has gone while this is worked at
            return super().context(seeds, *args, **options)

    with pytest.raises(TimeLimitError):
        answer_query(None, Watched(RING.graph, FocusParams()), found, deadline)  # type: ignore[arg-type]
    assert asked == [(1,)]


def test_the_limits_are_what_keeps_bombs_out() -> None:
    """The twin: without the limit the same query is taken for one that may be carried out."""
    assert codes(bomb(3), Costs(cost=10_000, depth=100)) == ["too-costly"]
    assert isinstance(ready(bomb(3), Costs(cost=10**9, depth=100)), Prepared)
    deep = "{rank{items{particle{links{items{target{name}}}}}}}"
    assert codes(deep, Costs(depth=6)) == ["too-deep"]
    assert isinstance(ready(deep, Costs(depth=7)), Prepared)


def test_tools_may_read_the_schema() -> None:
    from graphql import get_introspection_query

    assert isinstance(ready(get_introspection_query()), Prepared)


@given(
    top=st.integers(1, 12),
    limit=st.integers(1, 4),
    inner=st.sampled_from(
        ["name", "context(top:2){items{particle{name}}}", "links{items{weight}}"]
    ),
)
def test_no_answer_has_more_rows_than_were_counted(top: int, limit: int, inner: str) -> None:
    query = (
        f"{{rank(top:{top}){{items{{particle{{links(limit:{limit})"
        f"{{items{{target{{{inner}}}}}}}}}}}}}}}"
    )
    found = ready(query)
    assert isinstance(found, Prepared)
    done = answer_query(None, RING, found, Deadline(60.0))  # type: ignore[arg-type]
    assert not done.has_errors
    assert _objects(done.document["data"]) - 1 <= found.found.measure.cost


def _objects(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + sum(_objects(each) for each in value.values())
    return sum(_objects(each) for each in value) if isinstance(value, list) else 0


RING = Moment(
    focusmesh.Graph.from_edges(
        [number for number in range(30) for _ in range(3)],
        [(number + step) % 30 for number in range(30) for step in (1, 5, 7)],
    ),
    FocusParams(),
)
