"""The program of cards comes to what the lazy evaluator comes to, in as many interactions."""

from __future__ import annotations

import platform
import sys
from importlib.metadata import PackageNotFoundError
from itertools import islice
from typing import TYPE_CHECKING, TypeAlias

import pytest
from hypothesis import given, settings

from focusmesh.engine.rewrite import Limits, Statistics, evaluation, normalise, read_book
from focusmesh.engine.rewrite.bulk import BulkMachine, Rounds
from focusmesh.engine.rewrite.bulk.cuda import OPTIONS, PRELUDE, source
from focusmesh.errors import FuelError, MemoryLimitError
from tests.engine.focus.cuda.nvrtc import PACKAGE, Compiler
from tests.engine.rewrite.cards import board
from tests.engine.rewrite.test_evaluators import LEFT_TO_LAZY, TREE
from tests.engine.rewrite.test_model import FUEL, affine_terms, model
from tests.engine.rewrite.test_programs import PROGRAMS, expected

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from focusmesh.engine.rewrite.bulk import BulkProgram
    from focusmesh.engine.rewrite.bulk.rounds import Board
    from focusmesh.engine.rewrite.evaluators import RunningBook
    from tests.conftest import NotRun

LIMITS = Limits(fuel=3_000_000, memory_bytes=1 << 26)
FEW = {
    *("ackermann", "binary_increment", "factor", "global_scope", "links", "match_without_case"),
    *("label_collision", "pair_of_functions", "stuck_duplication", "sum_range", "zip"),
}
"""Programs that are run by WebGPU as well: in tests that is Mesa's software, which takes its time."""
ARCHITECTURES = [pytest.param("sm_75", marks=pytest.mark.soak), "sm_90"]


Make: TypeAlias = "Callable[[BulkProgram, Limits], Board]"


def made_for(name: str, not_run: NotRun) -> Make:
    found = board(name)
    if isinstance(found, str):
        not_run(f"rewriting on {name}", found)
    return found


@pytest.fixture(params=["host", "wgpu", "cuda"])
def card(request: pytest.FixtureRequest, not_run: NotRun) -> Make:
    return made_for(request.param, not_run)


def machine(text: str, card: Make, limits: Limits = LIMITS) -> BulkMachine:
    book = read_book(text)
    return BulkMachine(book, "main", limits, "card", lambda one, two: Rounds(one, two, card))


def run(kind: str, running: RunningBook, count: int) -> tuple[str, Statistics]:
    if kind == "norm":
        return running.normalise(), running.statistics()
    values = running.collapse()
    found = list(islice(values, count) if kind == "first" else values)
    return " ; ".join(found), running.statistics()


@pytest.mark.parametrize(
    ("name", "path"),
    [
        pytest.param(name, path, id=f"{name}-{path.stem}")
        for name in ("host", "wgpu", "cuda")
        for path in PROGRAMS
        if name != "wgpu" or path.stem in FEW
    ],
)
def test_programs(name: str, path: Path, not_run: NotRun) -> None:
    card = made_for(name, not_run)
    kind, result, text = expected(path)
    count = result.count(";") + 1
    found, took = run(kind, machine(text, card), count)
    assert found == result
    assert took.evaluator == ("lazy" if path.stem in LEFT_TO_LAZY else "card")
    if kind != "first":
        _, lazy = run(kind, evaluation(read_book(text), limits=LIMITS), count)
        assert took.by_opcode == lazy.by_opcode


@pytest.mark.parametrize(("name", "count"), [("host", 150), ("wgpu", 15), ("cuda", 150)])
def test_same_normal_form_and_count(name: str, count: int, not_run: NotRun) -> None:
    card = made_for(name, not_run)

    @settings(max_examples=count, deadline=None)
    @given(text=affine_terms())
    def agree(text: str) -> None:
        running = machine(text, card, Limits(fuel=FUEL, memory_bytes=1 << 23))
        try:
            found = running.normalise(), running.statistics().interactions
        except FuelError:
            found = None
        assert found == model(text)

    agree()


def test_a_wide_program(card: Make) -> None:
    text = TREE % "@sum(@tree(12))"
    book, limits = read_book(text), Limits(memory_bytes=1 << 26)
    running = machine(text, card, limits)
    assert running.normalise() == "4096"
    assert running.statistics().by_opcode == normalise(book, limits=limits).statistics.by_opcode


def test_fuel_is_exact(card: Make) -> None:
    text = TREE % "@sum(@tree(7))"
    needed = normalise(read_book(text), limits=LIMITS).statistics.interactions
    assert machine(text, card, Limits(fuel=needed, memory_bytes=1 << 26)).normalise() == "128"
    with pytest.raises(FuelError, match=f"not done after {needed - 1:,} interactions"):
        machine(text, card, Limits(fuel=needed - 1, memory_bytes=1 << 26)).normalise()


def test_a_full_heap_is_an_error(card: Make) -> None:
    with pytest.raises(MemoryLimitError, match="lazy evaluator"):
        machine(TREE % "@tree(22)", card, Limits(memory_bytes=1 << 23)).normalise()


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_it_compiles(architecture: str, not_run: NotRun) -> None:
    if sys.platform == "darwin" or platform.machine() != "x86_64":
        not_run("compiling for cards", f"no {PACKAGE} for {sys.platform} {platform.machine()}")
    try:
        compiler = Compiler()
    except PackageNotFoundError:
        not_run("compiling for cards", f"{PACKAGE} is not installed")
    done = compiler.compile(PRELUDE + source(), (), [*OPTIONS, f"-arch={architecture}"])
    told = [line for line in done.log.splitlines() if line and "Architectures prior" not in line]
    assert (done.succeeded, told) == (True, [])
    assert done.machine_code
