"""Scores of areas are kept beside each other, and a page says where the code has changed since."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.mutants import scores
from tests.mutants.areas import AREAS

if TYPE_CHECKING:
    from pathlib import Path


def score(area: str, killed: int, digest: str = "") -> scores.Score:
    return scores.Score(
        area=area, mutants=40, killed=killed, explained=1, seed=1, date="2026-11-24", digest=digest
    )


def test_an_area_that_is_measured_again_replaces_its_score_alone(tmp_path: Path) -> None:
    path, page = tmp_path / "mutants.json", tmp_path / "page.md"
    scores.keep(path, [score("codec", 30), score("tree", 40)])
    scores.keep(path, [score("codec", 39)])
    page.write_text("before\n<!-- mutants -->\nold\n<!-- end of mutants -->\nafter\n")
    scores.write_page(path, page)
    text = page.read_text()
    assert "| codec | 40 | 39 | 1 | 0 |" in text
    assert "| tree | 40 | 40 | 1 | -1 |" in text
    assert "| bank | | | | | not measured |" in text
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text


def test_a_score_of_other_code_says_so() -> None:
    now = scores.digest(AREAS["codec"].files(scores.ROOT))
    told = [scores.render({"codec": score("codec", 39, digest)}) for digest in (now, "0" * 16)]
    assert ["before the code changed" in each for each in told] == [False, True]


def test_the_page_shows_the_scores_that_are_kept() -> None:
    kept = scores.ROOT / "benchmarks" / "results" / "mutants.json"
    page = scores.PAGE.read_text()
    for each in scores.read(kept):
        assert f"| {each.area} | {each.mutants} | {each.killed} | {each.explained} |" in page
