"""Traces of two-phase engines, replayed through the naive model: every vote is allowed, and what is due is done."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.kernel.consensus.snowman.height_votes import HeightVoting
from tests.kernel.consensus.scheduling import NETWORK, ROOT, Net, calm, key, stormy, torn
from tests.kernel.consensus.snowman.phases_model import PhasesModel
from tests.kernel.consensus.snowman.small_worlds import engine, world
from tests.kernel.consensus.snowman.test_split_worlds import EndsAtOnceVoting, with_voting

if TYPE_CHECKING:
    from focusmesh.kernel.consensus import TwoPhaseSnowman


def replayed(net: Net) -> Counter[str]:
    """Goes through the trace of each honest node; says how often what happened in them."""
    counts: Counter[str] = Counter()
    for node in net.honest:
        model = PhasesModel(NETWORK, net.validator_set.weights, ROOT, key(node.number).public)
        for act, (_, arguments, effects) in node.trace:
            model.told(act, arguments)
            votes, decisions = model.check(act, effects)
            counts["votes"] += votes
            counts["decisions"] += decisions
        counts["time-outs"] += sum(not value for value in model.mine.values())
        counts["later rounds"] += sum(place.round > 0 for place in model.mine)
    return counts


@pytest.mark.parametrize("weights", [(1,) * 4, (1,) * 7, (5, 3, 3, 2, 1, 1)])
@pytest.mark.parametrize("scene", ["calm", "stormy", "twins"])
def test_every_step_is_allowed_by_the_model(weights: Any, scene: str) -> None:
    twins = (len(weights) - 1,) if scene == "twins" else ()
    net = Net(weights, 11, twins=twins, make=engine)
    links = {"calm": calm(net.rng), "stormy": stormy(net.rng, 3_000), "twins": torn(net, 3_000)}
    net.link = links[scene]
    net.begin()
    net.run(30_000, lambda: net.reached(8))
    assert net.reached(8)
    counts = replayed(net)
    assert counts["votes"] > 40
    assert counts["decisions"] >= 5
    if scene != "twins":
        assert bool(counts["time-outs"]) == (scene == "stormy")


def test_split_worlds_are_the_models_too() -> None:
    later = 0
    for seed in range(12):
        net = world(seed, (1,) * 4)
        net.run(60_000, lambda net=net: net.reached(2))  # type: ignore[misc]
        later += replayed(net)["later rounds"]
    assert later


class LeavesOutVoting(HeightVoting):
    """Does not finalise what is notarised in round 0."""

    def _may_finalise(self, view: Any) -> bool:
        return bool(view.number) and super()._may_finalise(view)


@pytest.mark.parametrize("voting", [EndsAtOnceVoting, LeavesOutVoting])
def test_an_engine_that_breaks_a_rule_is_noticed(voting: Any) -> None:
    make: type[TwoPhaseSnowman] = with_voting(voting)
    net = Net((1,) * 4, 11, make=partial(engine, make=make))
    net.begin()
    net.run(4_000, lambda: net.reached(3))
    with pytest.raises(AssertionError):
        replayed(net)
