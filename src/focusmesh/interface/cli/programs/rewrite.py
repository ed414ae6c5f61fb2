"""``focusmesh rewrite``: programs of the interaction calculus, reduced, collapsed and timed."""

from __future__ import annotations

import statistics
import sys
import time
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from focusmesh.errors import InputError, ProgramError
from focusmesh.interface.cli.shared.options import Output, command
from focusmesh.interface.cli.shared.program_text import program_text
from focusmesh.interface.cli.shared.screen import Screen

if TYPE_CHECKING:
    from focusmesh.engine.rewrite import Book, Limits, Reduced, Statistics

ProgramFile = Annotated[
    str, typer.Argument(metavar="FILE", help="A program, or - for stdin.", show_default=False)
]
Start = Annotated[
    str, typer.Option("--start", metavar="NAME", help="The definition to begin with.")
]
Fuel = Annotated[int, typer.Option("--fuel", metavar="N", min=1, help="Interactions at most.")]
Memory = Annotated[
    int, typer.Option("--memory", metavar="MIB", min=4, help="Mebibytes for heap and stack.")
]
First = Annotated[
    int | None, typer.Option("--first", metavar="N", min=1, help="Stop after N values.")
]
Evaluator = Annotated[
    str,
    typer.Option(
        "--evaluator",
        metavar="NAME",
        help="What runs it: lazy, one step after the other, or bulk, on all cores at once.",
    ),
]
Strings = Annotated[bool, typer.Option("--strings", help="Show lists of characters as strings.")]
Repeat = Annotated[int, typer.Option("--repeat", metavar="N", min=1, help="How many runs to time.")]

FUEL = 1 << 40
MEMORY_MIB = 4 << 10


@command
def run(
    file: ProgramFile,
    output: Output,
    start: Start = "main",
    fuel: Fuel = FUEL,
    memory: Memory = MEMORY_MIB,
    strings: Strings = False,
) -> None:
    """Reduce a program until its outermost part is a value.

    That is weak head normal form.
    """
    from focusmesh.engine.rewrite import reduce

    book, begun = _book(file), time.perf_counter()
    found = reduce(book, start, _limits(fuel, memory))
    _show(found, begun, Screen(output), strings=strings)


@command
def norm(
    file: ProgramFile,
    output: Output,
    start: Start = "main",
    fuel: Fuel = FUEL,
    memory: Memory = MEMORY_MIB,
    evaluator: Evaluator = "lazy",
    strings: Strings = False,
) -> None:
    """Reduce a program to its normal form, superpositions and all."""
    from focusmesh.engine.rewrite import normalise

    book, begun = _book(file), time.perf_counter()
    found = normalise(book, start, _limits(fuel, memory), evaluator)
    _show(found, begun, Screen(output), strings=strings)


@command
def collapse(
    file: ProgramFile,
    output: Output,
    first: First = None,
    start: Start = "main",
    fuel: Fuel = FUEL,
    memory: Memory = MEMORY_MIB,
    evaluator: Evaluator = "lazy",
    strings: Strings = False,
) -> None:
    """List the values of a superposed program, breadth first, each as soon as it is found."""
    from focusmesh.engine.rewrite import collapse as values_of

    screen = Screen(output)
    book, begun = _book(file), time.perf_counter()
    values = values_of(book, start, _limits(fuel, memory), evaluator)
    terms = []
    for value in islice(values, first):
        term = _term_text(value, strings=strings)
        if screen.as_json:
            terms.append(term)
        else:
            sys.stdout.write(f"{term}\n")
            sys.stdout.flush()
    _tell({"terms": terms}, values.statistics(), time.perf_counter() - begun, screen)


@command
def bench(
    file: ProgramFile,
    output: Output,
    repeat: Repeat = 5,
    start: Start = "main",
    fuel: Fuel = FUEL,
    memory: Memory = MEMORY_MIB,
    evaluator: Evaluator = "lazy",
) -> None:
    """Time a program's reduction to normal form, after one run that is not counted."""
    from focusmesh.engine.rewrite import evaluation

    screen = Screen(output)
    book, limits, samples = _book(file), _limits(fuel, memory), []
    for _ in range(1 + repeat):
        begun = time.perf_counter()
        running = evaluation(book, start, limits, evaluator, compiled=True)
        term = running.normalise()
        samples.append(time.perf_counter() - begun)
    took, seconds = running.statistics(), statistics.median(samples[1:])
    rate = took.interactions / seconds
    if not screen.as_json:
        sys.stdout.write(f"{rate / 1e6:.1f} M interactions/s\n")
    content = {"term": term, "samples": samples[1:], "interactions_per_second": rate}
    _tell(content, took, seconds, screen)


def _book(file: str) -> Book:
    """The program in ``file``. Raises as ``program_text``, and InputError with the file's name, line and column."""
    from focusmesh.engine.rewrite import read_book

    text = program_text(file)
    try:
        return read_book(text)
    except ProgramError as error:
        raise InputError(f"{'stdin' if file == '-' else file}:{error}") from None


def _limits(fuel: int, memory: int) -> Limits:
    from focusmesh.engine.rewrite import Limits

    return Limits(fuel, memory << 20)


def _show(found: Reduced, begun: float, screen: Screen, *, strings: bool) -> None:
    seconds = time.perf_counter() - begun
    term = _term_text(found.term, strings=strings)
    if not screen.as_json:
        sys.stdout.write(f"{term}\n")
    _tell({"term": term}, found.statistics, seconds, screen)


def _term_text(term: str, *, strings: bool) -> str:
    from focusmesh.engine.rewrite import show_strings

    return show_strings(term) if strings else term


def _tell(content: dict[str, Any], took: Statistics, seconds: float, screen: Screen) -> None:
    """What a run took: beside its terms in JSON, else on standard error."""
    if screen.as_json:
        screen.document(
            {
                **content,
                "interactions": took.interactions,
                "by_opcode": took.by_opcode,
                "cells_alive": took.cells_alive,
                "collections": took.collections,
                "fused": took.fused,
                "seconds": seconds,
                "evaluator": took.evaluator,
            }
        )
    screen.narrate(f"{took.interactions:,} interactions · {seconds:.3f} s")
