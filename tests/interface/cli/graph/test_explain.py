"""``focusmesh explain``: walks, their shares, and what is left over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.interface.cli.shared.explanations import percent
from tests.interface.cli.conftest import written

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.interface.cli.conftest import Invoke


def test_the_parts_add_up(document: Callable[..., dict[str, Any]], edges: Path) -> None:
    found = document("explain", edges, "--from", "d", "--from", "b", "c")
    assert (found["target"], found["seeds"]) == ("c", ["d", "b"])
    assert len(found["items"]) == 5
    parts = [item["share"] for item in found["items"]]
    assert parts == sorted(parts, reverse=True)
    total = sum(parts) + found["background"] + found["remainder"]
    assert total == pytest.approx(found["score"], abs=found["bound"] + 1e-12)
    for item in found["items"]:
        assert item["particles"][0] in {"b", "d"}
        assert item["particles"][-1] == "c"
        assert len(item["directions"]) == len(item["relations"]) == len(item["particles"]) - 1
    in_context = document("context", edges, "d", "b")
    (score,) = (item["score"] for item in in_context["items"] if item["particle"] == "c")
    assert found["score"] == pytest.approx(score, abs=1e-9)


def test_walks_are_drawn_with_arrows(invoke: Invoke, edges: Path) -> None:
    done = invoke("explain", edges, "--from", "d", "b", "--walks", "2")
    lines = done.stdout.splitlines()
    assert lines[0].startswith("b  focus 0.")
    assert len(lines) == 5
    assert "d → a → b" in lines[1]
    assert "all other walks" in lines[3]
    assert "background" in lines[4]
    assert sum(float(line.split("%")[0]) for line in lines[1:]) == pytest.approx(100, abs=0.3)


@pytest.mark.parametrize(
    ("part", "text"),
    [
        (0.0, "   0.0%"),
        (0.1234, "  12.3%"),
        (1.0, " 100.0%"),
        (0.00042, "  0.04%"),
        (-0.2, " -20.0%"),
    ],
)
def test_small_shares_keep_a_figure(part: float, text: str) -> None:
    assert percent(part) == text


def test_arrows_carry_relations(invoke: Invoke, tmp_path: Path) -> None:
    path = written(
        tmp_path / "kinds.csv",
        "source,target,relation\na,b,cites\nc,b,[extends]\nb,d,cites\nd,b,cites\n",
    )
    assert "a ─cites→ b" in invoke("explain", path, "--from", "a", "b").stdout
    assert "b ←[extends]─ c" in invoke("explain", path, "--from", "b", "c").stdout
    assert "b ←cites→ d" in invoke("explain", path, "--from", "b", "d").stdout
