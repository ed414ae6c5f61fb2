"""What one subscribes to is read within its ranges; what is told is what differs by more than the threshold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some

import focusmesh
from focusmesh.host.service import (
    BlocksWanted,
    ContextQuestion,
    Moment,
    Moved,
    QueryWanted,
    Subscription,
)
from focusmesh.host.service.subscriptions import Difference, particles_moved

if TYPE_CHECKING:
    from focusmesh.host.service.records.records import Name


def test_what_is_wanted_is_read_from_json_within_its_ranges() -> None:
    def read(text: str) -> Subscription:
        return msgspec.json.decode(text, type=Subscription)  # type: ignore[no-any-return]

    assert read('{"topic":"blocks"}') == BlocksWanted()
    assert read('{"topic":"query","query":{"kind":"context","seeds":["a",1]}}') == QueryWanted(
        query=ContextQuestion(seeds=("a", 1))
    )
    for wrong in (
        '{"topic":"nothing"}',
        '{"topic":"particles","particles":["a"],"threshold":-1}',
        '{"topic":"query","query":{"kind":"rank","top":0}}',
        '{"topic":"blocks","since":4}',
    ):
        with pytest.raises(msgspec.ValidationError):
            read(wrong)


standings = some.dictionaries(
    some.sampled_from("abcd"),
    some.tuples(some.none() | some.floats(0, 1), some.none() | some.integers(1, 4)),
    max_size=4,
)


@given(standings, standings, some.sampled_from([0.0, 0.1]))
def test_moved_is_what_differs_by_more_than_the_threshold(
    before: dict[str, Any], now: dict[str, Any], threshold: float
) -> None:
    old: dict[Name, Moved] = {
        name: Moved(particle=name, score=one[0], rank=one[1]) for name, one in before.items()
    }
    new: dict[Name, Moved] = {
        name: Moved(particle=name, score=one[0], rank=one[1]) for name, one in now.items()
    }
    told = {one.particle for one in particles_moved(old, new, threshold)}
    for name, (score, rank) in now.items():
        if name not in before:
            assert name in told
            continue
        was, stood = before[name]
        is_far = (was is None) != (score is None) or abs((was or 0) - (score or 0)) > threshold
        assert (name in told) == (is_far or (threshold == 0 and rank != stood))


def test_an_answer_does_not_differ_from_itself() -> None:
    graph = focusmesh.Graph.from_edges(["a", "b", "c"], ["b", "c", "a"])
    moment = Moment(graph, focusmesh.FocusParams())
    for answer in (moment.rank(), moment.particle("a"), moment.context(["a"])):
        assert Difference(None, answer, 0.0).is_any
        assert not Difference(answer, answer, 0.0).is_any


def test_what_is_said_of_a_particle_is_a_difference() -> None:
    graph = focusmesh.Graph.from_edges(["a", "b"], ["b", "a"])
    before = Moment(graph.copy(), focusmesh.FocusParams()).particle("a")
    graph.set_property("a", "size", 3)
    sized = Moment(graph.copy(), focusmesh.FocusParams()).particle("a")
    graph.add_label("a", "City")
    labelled = Moment(graph.copy(), focusmesh.FocusParams()).particle("a")
    assert Difference(before, sized, 0.0).is_any
    assert Difference(sized, labelled, 0.0).is_any
