"""Cells of int64 by address: arrays without what arrays cost where one kernel hands them to another.

An array argument is seven words whose references are counted at calls, with atomic instructions; that took ten times as
long as the interactions. Nothing here is checked: addresses come from ``Machine``, offsets from the words of a book.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from focusmesh.engine.support.compiled import intrinsic, ir, types

if TYPE_CHECKING:
    from collections.abc import Callable

_WORD = ir.IntType(64)


def _place(builder: Any, address: Any, at: Any) -> Any:
    return builder.gep(builder.inttoptr(address, _WORD.as_pointer()), [at])


def _read(typing: Any, address: Any, at: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        found = context.cast(builder, values[1], signature.args[1], types.int64)
        return builder.load(_place(builder, values[0], found))

    return types.int64(types.int64, at), generate


def _write(typing: Any, address: Any, at: Any, value: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        found = context.cast(builder, values[1], signature.args[1], types.int64)
        cell = context.cast(builder, values[2], signature.args[2], types.int64)
        builder.store(cell, _place(builder, values[0], found))
        return context.get_dummy_value()

    return types.void(types.int64, at, value), generate


def _watch(typing: Any, address: Any, at: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        found = context.cast(builder, values[1], signature.args[1], types.int64)
        return builder.load_atomic(_place(builder, values[0], found), "acquire", 8)

    return types.int64(types.int64, at), generate


read = cast("Callable[[int, int], int]", intrinsic(_read))
"""``read(address, at)``: the cell."""
write = cast("Callable[[int, int, int], None]", intrinsic(_write))
"""``write(address, at, value)``."""
watched = cast("Callable[[int, int], int]", intrinsic(_watch))
"""``read``, of what another thread may write meanwhile: it is read each time that it stands there."""
