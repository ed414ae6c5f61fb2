"""An executable model of the pin market, written from its reference alone: who has what, every round in a list."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


class RefusedError(Exception):
    """An operation cannot be done; its argument is the code."""


@dataclass
class Deal:
    """One pin. ``rounds``: of each that has begun, whether it was proved."""

    offerer: Any
    terms: dict[str, int]
    held: int
    keeper: Any = None
    rounds: list[bool] = field(default_factory=list)
    waits: int = 0

    @property
    def over(self) -> bool:
        """All rounds are behind it, or too many of them were missed."""
        return len(self.rounds) > self.terms["proofs"] or self.missed >= self.terms["misses_max"]

    @property
    def missed(self) -> int:
        return self.rounds[:-1].count(False)


class Model:
    """Balances and deals by name; a block at a time."""

    def __init__(self, balances: dict[Any, int]) -> None:
        self.balances = dict(balances)
        self.burned = dict.fromkeys(balances, 0)
        self.deals: dict[Any, Deal] = {}
        self.height = 1

    def next_block(self) -> None:
        """A block has ended: a round of each deal may begin."""
        self.height += 1
        for deal in self.deals.values():
            if deal.keeper is None:
                continue
            if deal.waits == 0:
                if len(deal.rounds) <= deal.terms["proofs"]:
                    deal.rounds.append(False)
                deal.waits = deal.terms["interval"]
            deal.waits -= 1

    def offer(self, who: Any, name: Any, terms: dict[str, int]) -> None:
        _check(name not in self.deals, "pinned")
        escrow = terms["price"] * terms["proofs"]
        self._take(who, escrow)
        self.deals[name] = Deal(who, terms, escrow)

    def take(self, who: Any, name: Any) -> None:
        deal = self._deal(name)
        _check(deal.keeper is None and self.height <= deal.terms["until"], "taken")
        self._take(who, deal.terms["deposit"])
        deal.held += deal.terms["deposit"]
        deal.keeper = who

    def prove(self, who: Any, name: Any, way: str) -> None:
        deal = self._deal(name)
        _check(deal.keeper == who, "keeper")
        running = deal.rounds and not deal.over
        _check(running and way != "late" and not deal.rounds[-1], "round")
        _check(way == "whole", "possession")
        deal.rounds[-1] = True
        deal.held -= deal.terms["price"]
        self.balances[who] += deal.terms["price"]

    def close(self, who: Any, name: Any) -> None:
        deal = self._deal(name)
        if deal.keeper is None:
            _check(who == deal.offerer or self.height > deal.terms["until"], "running")
        else:
            _check(deal.over, "running")
            least = deal.terms["misses_max"]
            lost = deal.terms["deposit"] * min(deal.missed, least) // least
            self.balances[deal.keeper] += deal.terms["deposit"] - lost
            self.burned[deal.keeper] += lost
            deal.held -= deal.terms["deposit"]
        self.balances[deal.offerer] += deal.held
        del self.deals[name]

    def _deal(self, name: Any) -> Deal:
        _check(name in self.deals, "absent")
        return self.deals[name]

    def _take(self, who: Any, amount: int) -> None:
        _check(amount <= self.balances[who], "balance")
        self.balances[who] -= amount


def _check(holds: object, code: str) -> None:
    if not holds:
        raise RefusedError(code)
