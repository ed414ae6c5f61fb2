from __future__ import annotations

from benchmarks.page import PAGE, rewritten


def test_the_page_says_what_the_tracked_results_say() -> None:
    text = PAGE.read_text()
    assert rewritten(text) == text, "run python -m benchmarks.page"
