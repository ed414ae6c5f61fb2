"""Focus by ranks that have particles of their own: the engine's solvers and the integer operator, to the same bits.

May import: engine.{arrays,graph,parallel} and the modules of engine.focus. Start in structure.py (what a rank has),
then halo.py (what it fetches), operator.py and integers.py. exchange.py says what ranks need of each other;
engine/focus/over_ranks.py is where the engine's sums become those of all ranks.
"""

from __future__ import annotations

from focusmesh.engine.focus.over_ranks import across
from focusmesh.engine.focus.ranks.card_steps import RankCardSteps, card_totals_of
from focusmesh.engine.focus.ranks.cards import RankCardOperator, RankCardStructure
from focusmesh.engine.focus.ranks.certifying import Certifying, RankCertificate
from focusmesh.engine.focus.ranks.exchange import Alone, Pending, Ranks, added_whole, summed
from focusmesh.engine.focus.ranks.halo import Halo, Route
from focusmesh.engine.focus.ranks.integers import (
    IntegerRows,
    RankAxons,
    RankIntegerOperator,
    RankSteps,
)
from focusmesh.engine.focus.ranks.joined import JoinedRanks
from focusmesh.engine.focus.ranks.operator import RankOperator
from focusmesh.engine.focus.ranks.structure import GraphFacts, Own, RankStructure
from focusmesh.engine.focus.ranks.threads import ThreadRanks, run_ranks

__all__ = [
    "Alone",
    "Certifying",
    "GraphFacts",
    "Halo",
    "IntegerRows",
    "JoinedRanks",
    "Own",
    "Pending",
    "RankAxons",
    "RankCardOperator",
    "RankCardSteps",
    "RankCardStructure",
    "RankCertificate",
    "RankIntegerOperator",
    "RankOperator",
    "RankSteps",
    "RankStructure",
    "Ranks",
    "Route",
    "ThreadRanks",
    "across",
    "added_whole",
    "card_totals_of",
    "run_ranks",
    "summed",
]
