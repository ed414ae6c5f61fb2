"""What a ranking is worth: four measures of one question, each from 0 to 1."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from focusmesh.engine.support.arrays import FloatArray, OffsetArray

MEASURES = ("recall@5", "recall@20", "MRR", "nDCG@10")
DEPTH = 100
"""So many of a ranking are looked at."""


def measured(ranked: Sequence[int], answers: Collection[int]) -> FloatArray:
    """``MEASURES`` of a ranking, best first, whose right answers are ``answers`` (at least one).

    recall@k: share of the answers among the first k. MRR: 1/rank of the first answer, 0 beyond ``DEPTH``. nDCG@10:
    Σ 1/log2(rank + 1) over answers among the first ten, over the same of an ideal ranking (K. Järvelin, J. Kekäläinen,
    ACM TOIS 2002, every answer worth 1).
    """
    right = set(answers)
    ranks = np.array([at for at, one in enumerate(ranked[:DEPTH], 1) if one in right], np.int64)
    ideal = np.arange(1, min(10, len(right)) + 1, dtype=np.int64)
    return np.array(
        [
            np.count_nonzero(ranks <= 5) / len(right),
            np.count_nonzero(ranks <= 20) / len(right),
            1.0 / ranks[0] if len(ranks) else 0.0,
            _gain(ranks[ranks <= 10]) / _gain(ideal),
        ]
    )


def _gain(ranks: OffsetArray) -> float:
    return float((1.0 / np.log2(ranks + 1.0)).sum())
