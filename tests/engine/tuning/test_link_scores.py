"""Ranks, AUC and MRR against values worked out by hand and against scikit-learn; what intervals cover."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from focusmesh.engine.tuning.baselines import adamic_adar, common_neighbours
from focusmesh.engine.tuning.link_scores import LinkRanks, LinkRows, found, interval
from focusmesh.engine.tuning.split import Targets

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import FloatArray, OffsetArray
    from tests.conftest import Needs


def targets(*pairs: tuple[int, int]) -> Targets:
    ends = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return Targets(ends[:, 0], ends[:, 1])


def test_known_links_are_no_rivals_and_ties_stand_in_the_middle() -> None:
    scores = np.array([9.0, 5.0, 7.0, 3.0, 5.0, 1.0])

    def scorer(sources: OffsetArray) -> FloatArray:
        return np.repeat(scores[:, None], len(sources), axis=1)

    # From 0: 2 is known and 0 is the source itself. Rivals of 1 are 3, 4 (tie) and 5.
    told = found(scorer, targets((0, 1)), targets((0, 1), (0, 2)), 6)
    assert told.rank.tolist() == [1.5]
    assert told.auc.tolist() == [pytest.approx(1 - 0.5 / 3)]
    assert told.reciprocal.tolist() == [pytest.approx(2 / 3)]


def test_auc_is_that_of_scikit_learn(needs: Needs) -> None:
    metrics = needs("sklearn.metrics")
    random = np.random.default_rng(5)
    count = 40
    table = random.integers(0, 12, (count, count)).astype(np.float64)
    wanted = targets(*((i, (i * 7 + 3) % count) for i in range(count) if (i * 7 + 3) % count != i))
    known = targets(*((i, (i + 1) % count) for i in range(count)))
    everything = Targets(
        np.append(wanted.source, known.source), np.append(wanted.target, known.target)
    )
    told = found(lambda sources: table[sources].T, wanted, everything, count)
    for place, (source, target) in enumerate(zip(wanted.source, wanted.target, strict=True)):
        free = [
            at
            for at in range(count)
            if at != source and (at == target or at not in {(source + 1) % count})
        ]
        truth = [at == target for at in free]
        assert told.auc[place] == pytest.approx(metrics.roc_auc_score(truth, table[source, free]))


def test_measures_name_themselves() -> None:
    told = LinkRanks(np.array([1.0, 4.0, 20.0]), np.array([1.0, 0.5, 0.25])).measures()
    assert told["mrr"].tolist() == [1.0, 0.25, 0.05]
    assert told["hits@10"].tolist() == [1.0, 1.0, 0.0]


def test_an_interval_of_nothing_is_nothing() -> None:
    assert all(np.isnan(interval(np.zeros(0))))


def test_neighbourhood_scores_are_those_of_networkx(needs: Needs) -> None:
    networkx = needs("networkx")
    from focusmesh.engine.compile import Heads
    from tests.engine.tuning.cases import circles

    graph = circles(2, 6)
    heads = Heads.of(graph.links())
    count = heads.particle_count
    plain = networkx.Graph(zip(heads.first.tolist(), heads.second.tolist(), strict=True))
    apart = [(i, j) for i in range(count) for j in range(i) if not plain.has_edge(i, j)]
    shared, rare = common_neighbours(heads), adamic_adar(heads)
    places = np.arange(count)
    common, weighed = shared(places), rare(places)
    for i, j, score in networkx.adamic_adar_index(plain, apart):
        assert weighed[j, i] == pytest.approx(score)
        assert common[j, i] == len(list(networkx.common_neighbors(plain, i, j)))


def test_what_is_linked_is_not_allowed() -> None:
    linked = LinkRows.of(targets((0, 2), (1, 0)), 4)
    assert linked.free_targets(np.array([0, 1, 3])).T.tolist() == [
        [False, True, False, True],
        [False, False, True, True],
        [True, True, True, False],
    ]
