"""Traces of engines, replayed through the naive model: the same votes at every step, the same blocks final."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from focusmesh.kernel.consensus import Simplex
from tests.kernel.consensus.scheduling import NETWORK, ROOT, Net, calm, key, stormy, torn
from tests.kernel.consensus.simplex.simplex_model import SimplexModel, casts


def replayed(net: Net) -> Counter[str]:
    """Goes through the trace of each honest node; says how often what happened in them."""
    counts: Counter[str] = Counter()
    root = ROOT.proposal(0).digest(NETWORK)
    for node in net.honest:
        model = SimplexModel(NETWORK, net.validator_set.weights, root, key(node.number).public)
        for act, (_, arguments, effects) in node.trace:
            model.told(act, arguments, effects)
            votes, decided = model.follow()
            assert votes == casts(effects)
            assert decided == [each.proposal.digest(NETWORK) for each in effects.decisions]
            assert model.asked >= {each.digest for each in effects.inquiries}
            assert model.round == node_round(effects, model.round)
            counts["time-outs"] += sum(not cast.value for cast in votes)
            counts["votes"] += len(votes)
            counts["decisions"] += len(decided)
    return counts


def node_round(effects: Any, otherwise: int) -> int:
    return max((turn.round for turn in effects.turns), default=otherwise)


@pytest.mark.parametrize("weights", [(1,) * 4, (1,) * 7, (5, 3, 3, 2, 1, 1)])
@pytest.mark.parametrize("scene", ["calm", "stormy", "twins"])
def test_every_step_is_the_models(weights: Any, scene: str) -> None:
    net = Net(weights, 11, twins=(len(weights) - 1,) if scene == "twins" else ())
    links = {"calm": calm(net.rng), "stormy": stormy(net.rng, 3_000), "twins": torn(net, 3_000)}
    net.link = links[scene]
    net.begin()
    net.run(30_000, lambda: net.reached(10))
    assert net.reached(10)
    counts = replayed(net)
    assert counts["votes"] > 50
    assert counts["decisions"] >= 5
    assert bool(counts["time-outs"]) == (scene != "calm")


class FinalisesTooLittle(Simplex):
    """Never votes to finalise in even rounds."""

    def _may_finalise(self, view: Any) -> bool:
        return bool(view.number % 2) and super()._may_finalise(view)


def test_an_engine_that_leaves_out_a_vote_is_noticed() -> None:
    net = Net((1,) * 4, 11, make=FinalisesTooLittle)
    net.begin()
    net.run(2_000, lambda: net.reached(4))
    with pytest.raises(AssertionError):
        replayed(net)
