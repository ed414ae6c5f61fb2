"""``focusmesh diff``: what rose, what fell, and what the bounds allow to say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.interface.cli.conftest import EDGES, written

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.interface.cli.conftest import Invoke

KEYS = ["particles", "residual", "bound", "seconds", "l1", "dropped", "syntropy"]


@pytest.fixture
def later(tmp_path: Path) -> Path:
    """T4 of the normative page: T3 and a link a → c."""
    return written(tmp_path / "later.csv", EDGES + "a,c,100\n")


def test_json_says_how_far_everything_moved(
    document: Callable[..., dict[str, Any]], edges: Path, later: Path
) -> None:
    found = document("diff", edges, later)
    assert list(found) == [*KEYS, "rose", "fell", "appeared", "vanished"]
    assert found["particles"] == [4, 4]
    # The printed digits are those of an endless series; eight terms move them by some 1e-5.
    assert found["l1"] == pytest.approx(0.212414366321, abs=1e-4)
    assert found["syntropy"] == pytest.approx(0.043966020872, abs=1e-4)
    assert [move["particle"] for move in found["rose"]] == ["c", "a"]
    assert [move["particle"] for move in found["fell"]] == ["b", "d"]
    for move in found["rose"] + found["fell"]:
        assert move["change"] == pytest.approx(move["after"] - move["before"])
        assert move["certain"]


def test_newcomers_and_leavers_are_told_apart(
    document: Callable[..., dict[str, Any]], invoke: Invoke, edges: Path, tmp_path: Path
) -> None:
    other = written(tmp_path / "other.csv", EDGES.replace("d,a,300", "e,a,300"))
    found = document("diff", edges, other)
    assert [move["particle"] for move in found["appeared"]] == ["e"]
    assert [move["particle"] for move in found["vanished"]] == ["d"]
    words = [line.split()[0] for line in invoke("diff", edges, other).stdout.splitlines()[1:]]
    assert words[-2:] == ["appeared", "vanished"]


def test_what_the_bounds_leave_open_is_marked(invoke: Invoke, tmp_path: Path) -> None:
    links = "".join(f"{i},{i * 37 % 211}\n{i * 11 % 211},{i}\n" for i in range(211))
    old = written(tmp_path / "old.csv", links)
    new = written(tmp_path / "new.csv", links + "5,6\n")
    done = invoke("diff", old, new, "--tolerance", "0.02")
    assert "≈" in done.stdout
    assert "smaller than the bounds" in done.stderr
    assert "≈" not in invoke("diff", old, new, "--tolerance", "1e-12", "--top", "2").stdout


def test_the_same_graph_did_not_move(
    document: Callable[..., dict[str, Any]], invoke: Invoke, edges: Path
) -> None:
    found = document("diff", edges, edges)
    assert (found["l1"], found["rose"], found["fell"]) == (0.0, [], [])
    assert "moved 0 of the focus" in invoke("diff", edges, edges).stderr
