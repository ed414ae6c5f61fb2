"""A cube: what is said where, along which edges, and what it comes to."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from focusmesh.engine.grid.cube import (
    CENTRAL,
    DATA_BYTES_MAX,
    DIAGONALS,
    PLACES,
    VERTICES,
    Cube,
    edges_of,
    neighbours_of,
    vertex_offset,
)
from focusmesh.engine.grid.model import SHARES, Model
from focusmesh.errors import GridError
from tests.engine.grid.cube.makers import TEXTS, Counting, cube, models


def code_of(act: object, *arguments: object, **named: object) -> str:
    """The code that a call is refused with."""
    with pytest.raises(GridError) as refused:
        act(*arguments, **named)  # type: ignore[operator]
    return refused.value.code


@pytest.mark.parametrize(
    ("diagonals", "count"), [("none", 20), ("faces", 32), ("space", 24), ("all", 36)]
)
def test_edges_are_counted(diagonals: str, count: int) -> None:
    assert len(edges_of(diagonals)) == count
    assert sum(CENTRAL in edge for edge in edges_of(diagonals)) == 8


def test_an_edge_joins_blocks_that_touch() -> None:
    assert len({vertex_offset(vertex) for vertex in VERTICES}) == 8
    for one, other in (sorted(edge) for edge in edges_of() if CENTRAL not in edge):
        assert (
            sum(a != b for a, b in zip(vertex_offset(one), vertex_offset(other), strict=True)) == 1
        )
    assert vertex_offset("SWD") == (0, 0, 0)
    assert vertex_offset("NEU") == (1, 1, 1)
    assert vertex_offset("SED") == (1, 0, 0)


def hops(source: str, diagonals: str) -> dict[str, int]:
    """Distances by breadth first search."""
    found, edge = {source: 0}, [source]
    while edge:
        edge = [
            other
            for place in edge
            for other in neighbours_of(diagonals)[place]
            if other not in found and not found.update({other: found[place] + 1})
        ]
    return found


@settings(max_examples=20)
@given(st.sampled_from(PLACES), st.sampled_from(list(DIAGONALS)), st.integers(0, 4))
def test_a_cascade_goes_along_edges_and_reaches_each_place_once(
    start: str, diagonals: str, depth: int
) -> None:
    found = cube(diagonals).cascade(b"import", depth, start)
    distance = hops(start, diagonals)
    assert set(found.opinions) == {place for place in PLACES if distance[place] <= depth}
    assert found.distribution.sum() == pytest.approx(1)
    for wave in found.waves:
        assert {opinion.vertex for opinion in wave.opinions} == {
            place for place in PLACES if distance[place] == wave.depth
        }
        for source, target in wave.messages:
            assert frozenset((source, target)) in edges_of(diagonals)
            assert (distance[source], distance[target]) == (wave.depth - 1, wave.depth)


def test_who_is_told_mixes_half_and_half() -> None:
    found = cube().cascade(b"import", 1, "SWD")
    told = found.opinions["SED"].distribution
    own = models()["SED"].forward(b"import").astype(float)
    heard = models()["SWD"].forward(b"import").astype(float)
    assert told == pytest.approx(0.5 * own / own.sum() + 0.5 * heard / heard.sum())


def test_a_thought_takes_nine_forwards_and_mixes_by_weight() -> None:
    counting = {place: Counting(number) for number, place in enumerate(PLACES)}
    weights = {"NEU": 3.0, CENTRAL: 1.0}
    thought = Cube(counting, weights=weights).collective_think(b"x")
    assert [model.forwards for model in counting.values()] == [1] * 9
    assert thought.distribution[[0, 8]] == pytest.approx([0.75, 0.25])
    assert (thought.next_byte, thought.surest, thought.message_count) == (0, "NEU", 8)
    assert thought.agreement == pytest.approx(0, abs=1e-9)


def test_two_bad_vertices_do_not_decide_a_trimmed_thought() -> None:
    liars = {place: Counting(7 if place in {"NEU", "SWD"} else 3) for place in PLACES}
    weights = {"NEU": 1.0}
    assert Cube(liars, weights=weights).collective_think(b"x").next_byte == 7
    assert Cube(liars, weights=weights).collective_think(b"x", mixing="trimmed").next_byte == 3


def test_talk_brings_opinions_together() -> None:
    agreements = [cube().collective_think(b"im", rounds).agreement for rounds in range(5)]
    assert all(before < after for before, after in pairwise(agreements))
    thought = cube().collective_think(b"im", 2)
    assert thought.distribution.sum() == pytest.approx(1)
    assert thought.message_count == 2 * 40 + 8


def test_specialists_tell_texts_apart() -> None:
    found = {
        vertex: cube().identify(TEXTS[place] * 3).vertex for place, vertex in enumerate(VERTICES)
    }
    assert found == {vertex: vertex for vertex in VERTICES}
    one = cube().identify(TEXTS[5])
    assert sum(one.posterior.values()) == pytest.approx(1)
    assert one.posterior[one.vertex] == max(one.posterior.values())
    assert one.surprise[one.vertex] == min(one.surprise.values())


def test_weights_of_validation_gain_on_their_text_and_are_reported_either_way() -> None:
    text = b"".join(text * 4 for text in TEXTS)
    even = cube().gain(text)
    best = cube().with_fitted_weights(text).gain(text)
    assert best.mixture_surprise < even.mixture_surprise
    assert best.gain == pytest.approx(best.best_surprise - best.mixture_surprise)
    assert best.interval[0] < best.gain < best.interval[1]
    assert best.positions == min(512, len(text) - 1)
    same = Cube(dict.fromkeys(PLACES, models()["NEU"])).gain(text)
    assert same.gain == pytest.approx(0, abs=1e-12)


def test_what_is_generated_repeats_by_its_seed() -> None:
    made = [b"".join(cube().generate(b"GET ", 12, seed=seed)) for seed in (1, 1, 2)]
    assert made[0] == made[1] != made[2]
    assert len(made[0]) == 12
    (sure,) = set(cube().generate(b"x", 3, temperature=0, vertex="NEU"))
    assert sure == bytes([int(models()["NEU"].forward(b"x").argmax())])


def test_messages_wait_until_they_are_read() -> None:
    one = cube()
    one.send("NEU", "NED", b"imp")
    one.send(CENTRAL, "NED", b"ort")
    assert [message.data for message in one.post.messages_at("NED")] == [b"imp", b"ort"]
    assert np.array_equal(
        one.process_vertex("NED").distribution, one.process_vertex("NED", b"import").distribution
    )
    assert one.post.messages_at("NED") == ()
    assert code_of(one.process_vertex, "NED") == "empty"


@pytest.mark.parametrize(
    ("code", "call"),
    [
        ("vertex", ("process_vertex", "TOP", b"x")),
        ("vertex", ("send", "NEU", "up", b"x")),
        ("vertex", ("cascade", b"x", 1, "neu")),
        ("edge", ("send", "NEU", "SWD", b"x")),
        ("edge", ("send", "NEU", "NEU", b"x")),
        ("empty", ("process_vertex", "NEU", b"")),
        ("empty", ("collective_think", b"")),
        ("empty", ("identify", b"")),
        ("empty", ("with_fitted_weights", b"")),
        ("empty", ("gain", b"x")),
        ("too-long", ("identify", bytes(DATA_BYTES_MAX + 1))),
        ("too-long", ("send", "NEU", "NED", bytes(5000))),
        ("depth", ("cascade", b"x", 17)),
        ("depth", ("collective_think", b"x", -1)),
        ("mixing", ("collective_think", b"x", 0, "loudest")),
    ],
)
def test_what_a_cube_refuses_leaves_it_as_it_was(code: str, call: tuple[object, ...]) -> None:
    one = cube()
    one.send("NED", "NEU", b"waits") if call[:2] != ("process_vertex", "NEU") else None
    before = {place: one.post.messages_at(place) for place in PLACES}
    name, *arguments = call
    assert code_of(getattr(one, str(name)), *arguments) == code
    assert {place: one.post.messages_at(place) for place in PLACES} == before


def test_an_inbox_is_refused_more_than_it_holds() -> None:
    one = cube()
    one.send("NEU", "NED", bytes(4000))
    assert code_of(one.send, "NEU", "NED", bytes(97)) == "too-long"
    one.send("NEU", "NED", bytes(96))
    assert len(one.post.messages_at("NED")) == 2


def test_cubes_that_are_none() -> None:
    some = dict(list(models().items())[:8])
    assert code_of(Cube, some) == "template"
    assert code_of(Cube, models() | {"TOP": models()["NEU"]}) == "template"
    assert code_of(Cube, models(), "diagonal") == "template"
    assert code_of(Cube, models(), "none", {"NEU": -1.0, "NED": 2.0}) == "template"
    assert code_of(Cube, models(), "none", {"NEU": 0.0}) == "template"
    assert code_of(Cube, models(), "none", {"TOP": 1.0}) == "vertex"


def test_shares_are_whole_numbers_that_add_up() -> None:
    one = cube()
    shares = one.shares(b"import")
    assert set(shares) == set(VERTICES)
    assert {int(output.sum()) for output in shares.values()} == {SHARES}
    model = models()["NEU"]
    assert isinstance(model, Model)
    assert np.array_equal(shares["NEU"], model.quantise().shares(b"import"))
    assert np.array_equal(shares["NEU"], cube().shares(b"import")["NEU"])
    assert code_of(Cube({place: Counting() for place in PLACES}).shares, b"x") == "model"
