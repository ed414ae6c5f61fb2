"""Choices made with a World's random bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")


class Chance:
    """``rng(n)`` gives n random bytes. The same bytes make the same choices."""

    def __init__(self, rng: Callable[[int], bytes]) -> None:
        self._rng = rng

    def below(self, count: int) -> int:
        """One of 0 … count − 1, even to within count · 2⁻⁶⁴."""
        return int.from_bytes(self._rng(8), "big") % count

    def choice(self, items: Sequence[T]) -> T:
        """One of the items, of which there is at least one."""
        return items[self.below(len(items))]

    def sample(self, items: Sequence[T], count: int) -> list[T]:
        """``count`` different places of the items, or all of them where there are fewer, in random order."""
        left = list(items)
        for place in range(min(count, len(left))):
            other = place + self.below(len(left) - place)
            left[place], left[other] = left[other], left[place]
        return left[:count]
