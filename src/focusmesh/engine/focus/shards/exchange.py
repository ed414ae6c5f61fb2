"""How parcels come from shard to shard: in one process by handing them over; a cluster has its own way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.support.arrays import IndexArray, MassArray

Parcel: TypeAlias = "MassArray | IndexArray"
"""Amounts, or at first who is to receive them."""


class Exchange(Protocol):
    """Swaps parcels between all shards, of which some live here.

    Over a network ``swap`` is one all-to-all, whose sizes are known after the first, and ``add`` one all-reduce of 64
    bits. All shards call both in the same order.
    """

    def swap(self, parcels: Sequence[Sequence[Parcel]]) -> Sequence[Sequence[Parcel]]:
        """``parcels[s][t]`` is what the s-th shard here has for shard t; back comes ``[s][t]``, what t had for it."""

    def add(self, amounts: Sequence[int]) -> int:
        """The sum over all shards, below 2⁶⁴, of one whole number each."""


class LocalExchange:
    """All shards live here. It counts the ``bytes`` that would have crossed between machines."""

    def __init__(self) -> None:
        self.bytes = 0

    def swap(self, parcels: Sequence[Sequence[Parcel]]) -> Sequence[Sequence[Parcel]]:
        self.bytes += sum(
            parcel.nbytes for s, row in enumerate(parcels) for t, parcel in enumerate(row) if s != t
        )
        return [list(column) for column in zip(*parcels, strict=True)]

    def add(self, amounts: Sequence[int]) -> int:
        return sum(amounts)
