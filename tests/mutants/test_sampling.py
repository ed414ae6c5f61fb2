"""What mutation tests draw, and that they notice a test that asserts nothing."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from tests.mutants.areas import AREAS
from tests.mutants.sampling import mutants, sample

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = """\
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    LIMIT = 3 + 4


def larger(first: int | float, second: int | None = None) -> int | float:
    if second is None or first > second:
        return first
    return second * 1
"""
STRONG = "assert larger(2, 1) == 2 and larger(1, 2) == 2 and larger(1) == 1 and larger(2, 2) == 2"
WEAK = "assert larger(2, 1) == 2"


def module(folder: Path) -> Path:
    path = folder / "larger.py"
    path.write_text(SOURCE, encoding="utf-8")
    return path


def survivors(folder: Path, check: str) -> list[str]:
    """Operators of the mutants that ``check`` does not notice."""
    path = module(folder)
    found = []
    for mutant in mutants(path):
        done = subprocess.run(
            [sys.executable, "-c", f"{mutant.source()}\n{check}"], capture_output=True, check=False
        )
        found += [mutant.operator] if not done.returncode else []
    return found


def test_annotations_and_blocks_for_type_checkers_are_left_as_they_are(tmp_path: Path) -> None:
    lines = {mutant.line for mutant in mutants(module(tmp_path))}
    assert "if second is None or first > second:" in lines
    assert not any("LIMIT" in line for line in lines)
    signatures = [each for each in mutants(module(tmp_path)) if each.line.startswith("def larger")]
    assert not signatures


def test_a_seed_draws_the_same_mutants_and_each_line_once_first(tmp_path: Path) -> None:
    path = module(tmp_path)
    drawn = sample([path], 2, seed=5)
    assert drawn == sample([path], 2, seed=5)
    assert len({mutant.start[0] for mutant in drawn}) == 2
    assert {sample([path], 1, seed=seed)[0] for seed in range(20)} > {drawn[0]}


def test_a_weak_test_lets_more_mutants_live_than_a_strong_one(tmp_path: Path) -> None:
    weak, strong = survivors(tmp_path, WEAK), survivors(tmp_path, STRONG)
    assert set(strong) < set(weak)


def test_every_area_has_modules_and_tests() -> None:
    from tests.mutants.__main__ import ROOT

    for area in AREAS.values():
        assert list(area.files(ROOT))
        assert all((ROOT / "tests" / path).exists() for path in area.tests)
