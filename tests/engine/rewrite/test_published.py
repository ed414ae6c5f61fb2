"""HVM3's published programs come to what HVM3 states for them, in as many interactions where it says how many."""

from __future__ import annotations

import pytest

from focusmesh.engine.rewrite import Limits, Machine, read_book
from tests.tidy.tree import ROOT

FOLDER = ROOT / "tests/engine/rewrite/published"
LIMITS = Limits(fuel=40_000_000, memory_bytes=1 << 29)

STATED = {
    "enum_primes": "λa.((a 853) 947)",
    "feat_affine_ctx": "1",
    "feat_cmul": "λa.λb.(a (a (a (a b))))",
    "feat_mut_ref": "2",
    "fuse_inc": "1234567",
}
SMALLER = {
    "bench_cnots": ("@P24 @not", "@P08 @not", "λa.λb.a"),
    "enum_nat": ("@nat(12000)", "@nat(400)", "20"),
    "fuse_mul": ("@mul(23232 32323)", "@mul(345 1234)", str(345 * 1234)),
}
"""The main that is published runs for seconds: of these a smaller one is run."""
WORK = {
    "bench_count": ("2_000_000_000", "300_000", "600000", 6 * 300_000 + 4),
    "bench_sum_range": ("50_000_000", "100_000", "704982704", 12 * 100_000 + 7),
}
"""Published: 12,000,000,004 interactions for two billion, 600,000,007 for fifty million."""


def first_value(text: str) -> tuple[str, int]:
    machine = Machine(read_book(text), limits=LIMITS)
    return next(machine.collapse()), machine.statistics().interactions


def published(name: str) -> str:
    return (FOLDER / f"{name}.hvm").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", STATED)
def test_stated_result(name: str) -> None:
    assert first_value(published(name))[0] == STATED[name]


@pytest.mark.parametrize("name", SMALLER)
def test_smaller(name: str) -> None:
    old, new, result = SMALLER[name]
    text = published(name)
    assert old in text
    assert first_value(text.replace(old, new))[0] == result


@pytest.mark.parametrize("name", WORK)
def test_stated_count(name: str) -> None:
    old, new, result, work = WORK[name]
    text = published(name)
    assert old in text
    assert first_value(text.replace(old, new)) == (result, work - 1)


def test_the_sum_is_the_sum() -> None:
    assert WORK["bench_sum_range"][2] == str(sum(range(100_000)) % 2**32)
