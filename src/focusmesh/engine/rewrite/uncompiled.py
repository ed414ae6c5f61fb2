"""The kernels as Python itself runs them: a short program is done before machine code is made, or loaded.

A kernel is bound anew to the kernels that it calls, and to cells that are memory views rather than addresses. No
number of a kernel leaves 64 bits, so what Python computes is what the machine does.
"""

from __future__ import annotations

import operator
from types import FunctionType
from typing import TYPE_CHECKING, Any

from focusmesh.engine.rewrite.cells_compiled import read, watched, write

if TYPE_CHECKING:
    from collections.abc import Callable

_CELLS: dict[int, Any] = {
    id(read): operator.getitem,
    id(watched): operator.getitem,
    id(write): operator.setitem,
}
_bound: dict[int, Callable[..., int]] = {}


def interpret(kernel: Callable[..., int]) -> Callable[..., int]:
    """``kernel`` for memory views of int64 in the places of addresses; some 10 µs an interaction."""
    if id(kernel) not in _bound:
        source: Any = kernel
        names = dict(source.py_func.__globals__)
        _bound[id(kernel)] = FunctionType(source.py_func.__code__, names)
        for name in source.py_func.__code__.co_names:
            called: Any = names.get(name)
            if hasattr(called, "py_func"):
                names[name] = interpret(called)
            elif id(called) in _CELLS:
                names[name] = _CELLS[id(called)]
    return _bound[id(kernel)]
