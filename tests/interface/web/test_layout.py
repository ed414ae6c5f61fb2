"""The graph is laid out by the same forces on the processor and on the graphics card."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from tests.interface.web.conftest import Browse


@pytest.mark.parametrize(("particles", "links", "steps"), [(2, 1, 1), (300, 700, 1), (300, 700, 4)])
def test_both_ways_take_the_same_steps(
    browse: Browse, graph: str, particles: int, links: int, steps: int
) -> None:
    """Up to 400 particles the processor looks at every pair too. Wider than a row of the card's textures: below."""
    found = _laid_out(browse, graph, particles, links, steps)
    scale = np.abs(found["processor"]).max()
    assert found["processor"] == pytest.approx(found["card"], abs=2e-4 * scale)


def test_many_particles_are_laid_out_alike(browse: Browse, graph: str) -> None:
    """Where the processor takes far particles together, what comes out differs by little."""
    found = _laid_out(browse, graph, 2_500, 5_000, 1)
    moved = np.linalg.norm(found["processor"] - found["card"]) / np.linalg.norm(found["card"])
    assert moved < 0.05


def _laid_out(
    browse: Browse, graph: str, particles: int, links: int, steps: int
) -> dict[str, np.ndarray]:
    chance = np.random.default_rng(8)
    order = {
        "sources": chance.integers(0, particles, links).tolist(),
        "targets": chance.integers(0, particles, links).tolist(),
        "places": chance.normal(0, 100, 2 * particles).tolist(),
        "steps": steps,
    }
    ways = ["processor", "card"]
    (found,) = browse({"steps": [["goto", graph], ["layOut", {"order": order, "ways": ways}]]})
    assert [picture["way"] for picture in found["pictures"]] == ways
    return {
        way: np.array(picture["places"])
        for way, picture in zip(ways, found["pictures"], strict=True)
    }
