"""The CUDA program compiles for every kind of card since Volta, without a warning, and keeps to its registers."""

from __future__ import annotations

import platform
import sys
from typing import TYPE_CHECKING

import pytest

from focusmesh.engine.focus.cuda.program import INSTANCES, OPTIONS, source
from tests.engine.focus.cuda.nvrtc import PACKAGE, Compiler

if TYPE_CHECKING:
    from tests.conftest import NotRun

CARDS = (
    "sm_70",
    pytest.param("sm_80", marks=pytest.mark.soak),
    pytest.param("sm_90", marks=pytest.mark.soak),
    pytest.param("sm_100", marks=pytest.mark.soak),
)
"""Volta, Ampere, Hopper, Blackwell: with every change the oldest, which can do least."""
_OLD_TARGET = "Architectures prior to"


@pytest.fixture
def compiler(not_run: NotRun) -> Compiler:
    if sys.platform != "linux" or platform.machine() != "x86_64":
        not_run("no wheel for this machine", PACKAGE)
    return Compiler()


@pytest.mark.parametrize("card", CARDS)
def test_it_compiles_for_every_kind_of_card(compiler: Compiler, card: str) -> None:
    made = compiler.compile(source(), INSTANCES, [*OPTIONS, f"--gpu-architecture={card}"])
    assert made.succeeded, made.log
    warnings = [line for line in made.log.splitlines() if line and _OLD_TARGET not in line]
    assert not warnings
    assert len(made.machine_code) > 50_000


def test_a_kernel_that_is_asked_for_by_a_wrong_type_is_noticed(compiler: Compiler) -> None:
    """Must-fail twin: the compiler is really at work on these sources."""
    made = compiler.compile(source(), ["sums<double, nothing_of_the_kind>"], [*OPTIONS])
    assert not made.succeeded
    assert "nothing_of_the_kind" in made.log
