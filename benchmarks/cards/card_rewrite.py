"""Wide programs of the rewrite machine on a card, beside one core and all cores of its host.

    python -m benchmarks.cards.card_rewrite -o rewrite.json

writes what it has after each evaluator and program; ``benchmarks.cards.card --parts rewrite`` is the same at once.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from focusmesh.engine.rewrite import Limits, evaluation, read_book
from focusmesh.engine.support.parallel import limited, thread_count

if TYPE_CHECKING:
    from focusmesh.engine.rewrite import Book
    from focusmesh.engine.rewrite.bulk.rounds import Told

_LIMITS = Limits(memory_bytes=16 << 30)
_TREE = """
@tree(n x) = ~n !x {
  0: #Leaf{x}
  1+p: !&0{p0,p1}=p; !&0{x0,x1}=x; #Node{@tree(p0 (* x0 5)), @tree(p1 (+ (* x1 3) 1))}
}
@sum(t) = ~t {#Leaf{x}: x; #Node{l,r}: (+ @sum(l) @sum(r))}
"""
_FIBONACCI = """
@fibonacci(n) = ~n {
  0: 0
  1+p: ~p {0: 1; 1+q: !&0{a,b}=q; (+ @fibonacci((+ a 1)) @fibonacci(b))}
}
"""
_LOOPS = """
@loop(n x) = ~n !x {0: x; 1+p: @loop(p (+ (* x 1664525) 1013904223))}
@wide(n x) = ~n !x {0: @loop(%d x); 1+p: !&0{p0,p1}=p; !&0{x0,x1}=x; (+ @wide(p0 (* x0 2)) @wide(p1 (+ (* x1 2) 1)))}
"""
PROGRAMS = {
    "sum of a tree": (_TREE + "@main = @sum(@tree(%d 7))", 22, 10),
    "fibonacci": (_FIBONACCI + "@main = @fibonacci(%d)", 31, 15),
    "loops of 256": (_LOOPS % 256 + "@main = @wide(%d 1)", 16, 6),
}
"""Text, depth, and depth of a quick run."""
_SAMPLES = {"cuda": 7, "lazy": 3, "bulk": 2}
_SECONDS = 8


def main() -> None:
    """Measures, and writes the file anew each time that there is more."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.cards.card_rewrite", description=__doc__
    )
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--quick", action="store_true", help="shallow trees: does it run at all")
    parser.add_argument("--evaluators", nargs="*", default=list(_SAMPLES))
    parser.add_argument("--commit", help="where this tree is no git checkout")
    options = parser.parse_args()
    from benchmarks.cards.card import commit_here, machine

    where = machine(options.commit or commit_here())
    rewritten(options.quick, options.evaluators, options.output, where)


def rewritten(
    quick: bool = False,
    evaluators: list[str] | None = None,
    output: Path | None = None,
    where: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Samples of each program by each evaluator: all programs on the card first."""
    told: dict[str, Any] = {"machine": where, "runs": []}
    books = {
        name: read_book(text % (small if quick else depth))
        for name, (text, depth, small) in PROGRAMS.items()
    }
    for evaluator in evaluators or list(_SAMPLES):
        threads = (1, thread_count()) if evaluator == "bulk" else (1,)
        for count in dict.fromkeys(threads):
            for name, book in books.items():
                row: dict[str, Any] = {"program": name, "evaluator": evaluator, "threads": count}
                if evaluator == "cuda":
                    row["rounds"] = _rounds(book)
                told["runs"].append(row | _measured(book, evaluator, count))
                print(name, evaluator, count, f"{told['runs'][-1]['rate']:.3g}", flush=True)
                if output is not None:
                    output.write_text(json.dumps(told, indent=1) + "\n")
    for name in books:
        found = [row for row in told["runs"] if row["program"] == name]
        assert len({(row["term"], row["interactions"]) for row in found}) == 1, found
    return told


def _rounds(book: Book) -> list[dict[str, Any]]:
    """Each round of a run on the card: tasks at its beginning and end, the slice, interactions, milliseconds."""
    from focusmesh.engine.rewrite.bulk.cuda import CudaBoard

    told: list[dict[str, Any]] = []
    plain, spent = CudaBoard.round, -1

    def timed(board: CudaBoard, count: int, piece: int) -> Told:
        nonlocal spent
        begun = time.perf_counter()
        found = plain(board, count, piece)
        row: dict[str, Any] = {"tasks": count, "left": found.left, "slice": piece}
        row |= {"interactions": found.spent - spent, "ms": 1e3 * (time.perf_counter() - begun)}
        told.append(row)
        spent = found.spent
        return found

    with patch.object(CudaBoard, "round", timed):
        evaluation(book, limits=_LIMITS, evaluator="cuda").normalise()
    return told


def _measured(book: Book, evaluator: str, threads: int) -> dict[str, Any]:
    samples: list[float] = []
    with limited(threads):
        for number in range(1 + _SAMPLES[evaluator]):
            running = evaluation(book, limits=_LIMITS, evaluator=evaluator)
            begun = time.perf_counter()
            term = running.normalise()
            seconds = time.perf_counter() - begun
            # The first run compiles.
            if number:
                samples.append(seconds)
            if sum(samples) > _SECONDS:
                break
    took = running.statistics()
    return {
        "term": term,
        "interactions": took.interactions,
        "cells": took.cells_alive,
        "samples_s": samples,
        "rate": took.interactions / statistics.median(samples),
    }


if __name__ == "__main__":
    main()
