"""What stands beside a progress bar."""

from __future__ import annotations

import pytest

from focusmesh.interface.cli.shared.bars import amount_text


@pytest.mark.parametrize(
    ("done", "total", "unit", "text"),
    [
        (45, 100, "%", "45 %"),
        (12_400_000, 40_000_000, "bytes", "12 of 40 MB"),
        (12_400_000, None, "bytes", "12 MB"),
        (1_200, 5_000, "files", "1,200 of 5,000 files"),
        (7, None, "links", "7 links"),
    ],
)
def test_amounts_are_read_at_a_glance(done: int, total: int | None, unit: str, text: str) -> None:
    assert amount_text(done, total, unit) == text
