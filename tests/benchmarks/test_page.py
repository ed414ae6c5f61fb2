"""The pages with measured numbers show the results that are tracked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.page import PAGES, rewritten

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_says_what_the_tracked_results_say(page: Path) -> None:
    text = page.read_text()
    assert rewritten(text) == text, "run python -m benchmarks.page"
