"""What workers do to cells that others see, as one step each; and a call of a kernel by its address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from focusmesh.engine.support.compiled import intrinsic, ir, types

if TYPE_CHECKING:
    from collections.abc import Callable

_WORD = ir.IntType(64)
_LANE = ir.IntType(32)


def _place(context: Any, builder: Any, signature: Any, values: Any, kind: Any) -> Any:
    found = context.cast(builder, values[1], signature.args[1], types.int64)
    return builder.gep(builder.inttoptr(values[0], kind.as_pointer()), [found])


def _word(context: Any, builder: Any, signature: Any, values: Any, at: int = 2) -> Any:
    return context.cast(builder, values[at], signature.args[at], types.int64)


def _or_state(typing: Any, address: Any, at: Any, bits: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        cell = context.cast(builder, values[1], signature.args[1], types.int64)
        lane = builder.add(builder.shl(cell, _WORD(1)), _WORD(1))
        place = builder.gep(builder.inttoptr(values[0], _LANE.as_pointer()), [lane])
        more = builder.trunc(_word(context, builder, signature, values), _LANE)
        return builder.zext(builder.atomic_rmw("or", place, more, "acq_rel"), _WORD)

    return types.int64(types.int64, at, bits), generate


def _add(typing: Any, address: Any, at: Any, value: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        place = _place(context, builder, signature, values, _WORD)
        more = _word(context, builder, signature, values)
        return builder.atomic_rmw("add", place, more, "acq_rel")

    return types.int64(types.int64, at, value), generate


def _exchange(typing: Any, address: Any, at: Any, value: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        place = _place(context, builder, signature, values, _WORD)
        cell = _word(context, builder, signature, values)
        return builder.atomic_rmw("xchg", place, cell, "acq_rel")

    return types.int64(types.int64, at, value), generate


def _load(typing: Any, address: Any, at: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        place = _place(context, builder, signature, values, _WORD)
        return builder.load_atomic(place, "acquire", 8)

    return types.int64(types.int64, at), generate


def _store(typing: Any, address: Any, at: Any, value: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        place = _place(context, builder, signature, values, _WORD)
        builder.store_atomic(_word(context, builder, signature, values), place, "release", 8)
        return context.get_dummy_value()

    return types.void(types.int64, at, value), generate


def _invoke(
    typing: Any,
    kernel: Any,
    heap: Any,
    me: Any,
    shared: Any,
    program: Any,
    frame: Any,
    term: Any,
    state: Any,
) -> Any:
    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        kind = ir.FunctionType(_WORD, [_WORD] * 7)
        function = builder.inttoptr(values[0], kind.as_pointer())
        given = [_word(context, builder, signature, values, at) for at in range(1, 8)]
        return builder.call(function, given)

    return types.int64(types.int64, heap, me, shared, program, frame, term, state), generate


or_state = cast("Callable[[int, int, int], int]", intrinsic(_or_state))
"""``or_state(address, at, bits)``: what the high lane of the cell was before these bits were set in it."""
add = cast("Callable[[int, int, int], int]", intrinsic(_add))
"""``add(address, at, value)``: what the cell was before."""
exchange = cast("Callable[[int, int, int], int]", intrinsic(_exchange))
"""``exchange(address, at, value)``: what the cell was before."""
load = cast("Callable[[int, int], int]", intrinsic(_load))
store = cast("Callable[[int, int, int], None]", intrinsic(_store))
invoked = cast("Callable[[int, int, int, int, int, int, int, int], int]", intrinsic(_invoke))
"""``invoked(kernel, …)``: what the kernel at this address, of seven numbers, says."""
