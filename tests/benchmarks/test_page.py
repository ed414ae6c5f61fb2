"""The pages with measured numbers show the results that are tracked."""

from __future__ import annotations

from pathlib import Path

import pytest

import benchmarks
from benchmarks import curve_plot, plots, size_plot
from benchmarks.__main__ import CLAIMS
from benchmarks.page import PAGES, rewritten


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_says_what_the_tracked_results_say(page: Path) -> None:
    text = page.read_text()
    assert rewritten(text) == text, "run python -m benchmarks.page"


def test_the_picture_of_scale_is_of_the_tracked_results() -> None:
    assert plots.up_to_date(), "run python -m benchmarks.page"
    assert size_plot.is_current(), "run python -m benchmarks.page"
    assert curve_plot.is_drawn(), "run python -m benchmarks.page"


def test_every_benchmark_has_its_place_on_a_page() -> None:
    shown = "".join(page.read_text() for page in PAGES)
    assert [name for name in CLAIMS if f"<!-- results: {name} -->" not in shown] == []


def test_every_benchmark_lies_among_the_claims() -> None:
    """Elsewhere ``python -m benchmarks NAME`` would not find it."""
    (home,) = map(Path, benchmarks.__path__)
    assert len(list(home.rglob("bench_*.py"))) == len(CLAIMS)
