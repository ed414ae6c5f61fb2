"""How long signals wait until they are decided: as a whole, and by stages that follow each other."""

from __future__ import annotations

import pytest

from focusmesh.kernel.node import FINALITY_BUCKETS, FINALITY_STAGES, Finality
from focusmesh.kernel.node.voting.finality import MARKS_KEPT


def test_finality_is_counted_by_limits() -> None:
    finality = Finality(lambda: 100.0)
    for seconds in (0.01, FINALITY_BUCKETS[0], 0.4, 60.0):
        finality.add(b"s", b"b", seconds)
    assert finality.whole.counts == [2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1]
    assert finality.whole.seconds == pytest.approx(60.46)
    assert all(sum(waits.counts) == 0 for waits in finality.stages.values()), "nobody said more"


@pytest.mark.parametrize(
    ("order", "seconds"),
    [
        (("proposal", "check", "votes"), [0.5, 1.0, 1.0, 1.0, 1.0]),
        (("proposal", "votes", "check"), [0.5, 1.0, 2.0, 0.0, 1.0]),
    ],
)
def test_stages_of_finality_follow_each_other(order: tuple[str, ...], seconds: list[float]) -> None:
    now = 10.0
    finality = Finality(lambda: now)
    finality.note_batched(b"s")
    for stage in order:
        now += 1.0
        finality.note_block(b"b", stage)
        finality.note_block(b"other", "votes")
    now += 0.5
    finality.note_block(b"b", "proposal")
    now += 0.5
    finality.add(b"s", b"b", 4.5)
    stages = finality.document()["stages"]
    assert list(stages) == list(FINALITY_STAGES)
    assert [waits["seconds"] for waits in stages.values()] == pytest.approx(seconds)
    assert finality.whole.seconds == pytest.approx(sum(seconds))
    finality.let_go(b"b")
    finality.note_batched(b"t")
    finality.add(b"t", b"b", 1.0)
    assert [sum(waits["counts"]) for waits in stages.values()] == [1] * 5, "the block is forgotten"


def test_marks_of_finality_are_bounded() -> None:
    finality = Finality(lambda: 0.0)
    for at in range(MARKS_KEPT + 100):
        finality.note_batched(at.to_bytes(4, "big"))
        finality.note_block(at.to_bytes(4, "big"), "votes")
    assert len(finality._batched) == len(finality._reached) == MARKS_KEPT
