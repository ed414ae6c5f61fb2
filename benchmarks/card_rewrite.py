"""Wide programs of the rewrite machine on a card, beside one core and all cores of its host."""

from __future__ import annotations

import time
from typing import Any

from focusmesh.engine.parallel import limited, thread_count
from focusmesh.engine.rewrite import Limits, evaluation, read_book

_LIMITS = Limits(memory_bytes=16 << 30)
_TREE = """
@tree(n x) = ~n !x {
  0: #Leaf{x}
  1+p: !&0{p0,p1}=p; !&0{x0,x1}=x; #Node{@tree(p0 (* x0 5)), @tree(p1 (+ (* x1 3) 1))}
}
@sum(t) = ~t {#Leaf{x}: x; #Node{l,r}: (+ @sum(l) @sum(r))}
"""
_SORT = """
@swap(s a b) = ~s !a !b {0: #Node{#Leaf{a},#Leaf{b}}; _: #Node{#Leaf{b},#Leaf{a}}}
@leaves(s a b) = !&0{a0,a1}=a; !&0{b0,b1}=b; @swap((^ s (> a0 b0)) a1 b1)
@join(a b) = ~a !b {
  #Leaf{x}: #Leaf{x}
  #Node{c,d}: ~b !c !d {#Leaf{x}: #Leaf{x}; #Node{e,f}: #Node{#Node{c,e},#Node{d,f}}}
}
@warp(s a b) = ~a !s !b {
  #Leaf{x}: ~b !s !x {#Leaf{y}: @leaves(s x y); #Node{c,d}: #Leaf{0}}
  #Node{c,d}: ~b !s !c !d {#Leaf{y}: #Leaf{0}; #Node{e,f}: !&0{s0,s1}=s; @join(@warp(s0 c e) @warp(s1 d f))}
}
@flow(s t) = ~t !s {#Leaf{x}: #Leaf{x}; #Node{a,b}: !&0{s0,s1}=s; @down(s0 @warp(s1 a b))}
@down(s t) = ~t !s {#Leaf{x}: #Leaf{x}; #Node{a,b}: !&0{s0,s1}=s; #Node{@flow(s0 a),@flow(s1 b)}}
@sort(s t) = ~t !s {#Leaf{x}: #Leaf{x}; #Node{a,b}: @flow(s #Node{@sort(0 a),@sort(1 b)})}
@check(t) = ~t {#Leaf{x}: x; #Node{l,r}: (+ (* 31 @check(l)) @check(r))}
"""
_LOOPS = """
@loop(n x) = ~n !x {0: x; 1+p: @loop(p (+ (* x 1664525) 1013904223))}
@wide(n x) = ~n !x {0: @loop(%d x); 1+p: !&0{p0,p1}=p; !&0{x0,x1}=x; (+ @wide(p0 (* x0 2)) @wide(p1 (+ (* x1 2) 1)))}
"""
PROGRAMS = {
    "sum of a tree": (_TREE + "@main = @sum(@tree(%d 7))", 22, 10),
    "bitonic sort": (_TREE + _SORT + "@main = @check(@sort(0 @tree(%d 7)))", 16, 6),
    "loops of 256": (_LOOPS % 256 + "@main = @wide(%d 1)", 16, 6),
}
"""Text, depth, and depth of a quick run."""
_ROUNDS = 5


def rewritten(quick: bool = False, evaluators: tuple[str, ...] = ("cuda", "lazy", "bulk")) -> Any:
    """Samples of each program by each evaluator, and how many times faster the card is than one core."""
    rows = []
    for name, (text, depth, small) in PROGRAMS.items():
        book = read_book(text % (small if quick else depth))
        found = {}
        for evaluator in evaluators:
            threads = (1, thread_count()) if evaluator == "bulk" else (1,)
            for count in dict.fromkeys(threads):
                found[evaluator, count] = _measured(book, evaluator, count)
                print(name, evaluator, count, found[evaluator, count]["rate"], flush=True)
        terms = {each["term"] for each in found.values()}
        counts = {each["interactions"] for each in found.values()}
        assert len(terms) == len(counts) == 1, (name, terms, counts)
        rows += [
            {"program": name, "evaluator": evaluator, "threads": count, **each}
            for (evaluator, count), each in found.items()
        ]
    return {"runs": rows, "kernel": _kernel() if "cuda" in evaluators else None}


def _measured(book: Any, evaluator: str, threads: int) -> dict[str, Any]:
    samples: list[float] = []
    with limited(threads):
        for number in range(1 + _ROUNDS):
            running = evaluation(book, limits=_LIMITS, evaluator=evaluator)
            begun = time.perf_counter()
            term = running.normalise()
            seconds = time.perf_counter() - begun
            if number:
                samples.append(seconds)
            if sum(samples) > 6:
                break
    took = running.statistics()
    middle = sorted(samples)[len(samples) // 2]
    return {
        "term": term,
        "interactions": took.interactions,
        "cells": took.cells_alive,
        "samples_s": samples,
        "rate": took.interactions / middle,
    }


def _kernel() -> dict[str, int]:
    """What the compiler made of the kernel on this card."""
    from focusmesh.engine.rewrite.bulk.cuda import Cuda

    return Cuda().attributes()
