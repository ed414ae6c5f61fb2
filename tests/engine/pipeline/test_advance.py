"""``advance``: what comes out is what the steps by themselves give, whatever runs them; the graph stays as it was."""

from __future__ import annotations

import pytest

from focusmesh import Advanced, Graph, Rule, advance, verify
from focusmesh.engine.focus import FocusParams
from focusmesh.engine.pipeline import STAGES
from focusmesh.errors import (
    FuelError,
    InputError,
    LinkProgramError,
    ParameterError,
    ProgramError,
)

RING = """
@one(n) = ~n{0: *; 1+p: !&1{p0,p1}=p; &0{p0,@one(p1)}}
@main   = !&2{a,b}=@one(@count); #Link{a,(% (+ b 1) @count)}
"""
FOLLOWS = """
@main = ~@pairs{#Cons{h,t}: ~h{#Pair{a,b}: @both(a b)}}
@both(a b) = !&0{a0,a1}=a; !&1{b0,b1}=b; &2{#Link{a0,b0,1},#Link{b1,a1,3}}
"""
NAMES = [f"name {number}" for number in range(40)]
DELTAS = [("name 0", "name 7"), ("name 3", "elsewhere", 4.0, "kind")]


def rules() -> list[Rule]:
    ring = Rule(RING, NAMES, relation="next", weight=2)
    return [ring, Rule(FOLLOWS, lists={"pairs": [("elsewhere", "name 1")]}, fuel=10_000)]


def graph() -> Graph:
    return Graph.from_edges(["name 0", "name 9"], ["name 9", "name 5"], relation="before")


def step_by_step() -> Graph:
    wanted = graph()
    ring = [(NAMES[at], NAMES[(at + 1) % 40], 2.0, "next") for at in range(40)]
    wanted.update([*DELTAS, *ring, ("elsewhere", "name 1"), ("name 1", "elsewhere", 3)])
    return wanted


@pytest.mark.parametrize("evaluator", ["lazy", "bulk"])
@pytest.mark.parametrize("shards", [1, 2, 5])
def test_it_is_the_steps_by_themselves(evaluator: str, shards: int) -> None:
    before, wanted = graph(), step_by_step()
    told: list[str] = []
    made = advance(
        before,
        DELTAS,
        rules(),
        evaluator=evaluator,
        shards=shards,
        progress=lambda step: told.append(step.what),
    )
    assert set(made.graph.particles) == set(wanted.particles)
    for name in wanted.particles:
        assert sorted(made.graph.successors(name)) == sorted(wanted.successors(name))
    scores = [each.focus().scores[each.index("name 7")] for each in (made.graph, wanted)]
    assert scores[0] == pytest.approx(scores[1], abs=2e-6)
    assert verify(wanted, made.certificate).residual <= 1e-8
    assert before.link_count == 2
    assert tuple(made.seconds) == STAGES
    assert [each.links for each in made.rules] == [40, 2]
    assert len(made.links) == 44
    assert sum(each.links for each in made.shards) == 44
    assert len(made.shards) == shards
    assert "running rules" in told


def test_shards_and_evaluators_change_no_bit() -> None:
    made = [
        advance(graph(), DELTAS, rules(), evaluator=evaluator, shards=shards)
        for evaluator, shards in (("lazy", 2), ("bulk", 3))
    ]
    assert made[0].certificate.vector.tobytes() == made[1].certificate.vector.tobytes()


def test_crossing_links_are_those_whose_ends_live_apart() -> None:
    made = advance(graph(), DELTAS, rules(), shards=4)
    assert 0 < sum(each.crossing for each in made.shards) <= 44
    assert advance(graph(), DELTAS).shards[0].crossing == 0


@pytest.mark.parametrize(
    ("error", "deltas", "wrong", "more"),
    [
        (ProgramError, [], Rule("@main = ("), {}),
        (LinkProgramError, [], Rule("#Link{0,0}", "a"), {}),
        (FuelError, [], Rule("@main = @main", fuel=100), {}),
        (InputError, [("a", "b", -1.0)], Rule("#Link{0,1}", "ab"), {}),
        (ParameterError, [], Rule("#Link{0,1}", "ab"), {"shards": 0}),
        (ParameterError, [], Rule("#Link{0,1}", "ab"), {"evaluator": "slow"}),
        (ParameterError, [], Rule("#Link{0,1}", "ab"), {"backend": "slow"}),
    ],
)
def test_an_error_leaves_nothing_behind(
    error: type[Exception], deltas: list[object], wrong: Rule, more: dict[str, object]
) -> None:
    before = graph()
    with pytest.raises(error):
        advance(before, deltas, [rules()[0], wrong], **more)  # type: ignore[arg-type]
    assert (before.particle_count, before.link_count) == (3, 2)


def test_what_progress_raises_ends_it() -> None:
    def stop(step: object) -> None:
        raise KeyboardInterrupt

    before = graph()
    with pytest.raises(KeyboardInterrupt):
        advance(before, DELTAS, rules(), progress=stop)
    assert before.link_count == 2


def test_without_rules_and_with_parameters() -> None:
    made: Advanced = advance(graph(), params=FocusParams.pagerank(), epsilon=1e-6)
    assert made.rules == ()
    assert made.links == ()
    assert made.certificate.params.diffusion > 0
