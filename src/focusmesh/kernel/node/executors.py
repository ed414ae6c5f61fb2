"""Where work is done that takes long: in a simulation at once, in a real node beside the event loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

ResultT = TypeVar("ResultT")


class Workers(Protocol):
    """``in_slot``: one thing after the other, for what touches the chain; ``beside``: for what does not."""

    async def in_slot(self, work: Callable[[], ResultT]) -> ResultT: ...

    async def beside(self, work: Callable[[], ResultT]) -> ResultT: ...


class AtOnce:
    """Workers of one thread: whatever is asked for is done before anything else goes on."""

    async def in_slot(self, work: Callable[[], ResultT]) -> ResultT:
        return work()

    async def beside(self, work: Callable[[], ResultT]) -> ResultT:
        return work()
