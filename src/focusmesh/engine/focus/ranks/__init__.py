"""Focus by ranks that have particles of their own: the engine's solvers and the integer operator, to the same bits.

May import: engine.{support,links} and the modules of engine.focus. Start in structure.py (what a rank has),
then halo.py (what it fetches), operator.py and integers.py. exchange.py says what ranks need of each other;
reduction.py makes the sums over particles those of all ranks.
"""

from __future__ import annotations

from focusmesh.engine.focus.ranks.card_steps import RankCardSteps as RankCardSteps
from focusmesh.engine.focus.ranks.card_steps import card_totals_of as card_totals_of
from focusmesh.engine.focus.ranks.cards import RankCardOperator as RankCardOperator
from focusmesh.engine.focus.ranks.cards import RankCardStructure as RankCardStructure
from focusmesh.engine.focus.ranks.certificate import Certifying as Certifying
from focusmesh.engine.focus.ranks.certificate import RankCertificate as RankCertificate
from focusmesh.engine.focus.ranks.exchange import Alone as Alone
from focusmesh.engine.focus.ranks.exchange import Pending as Pending
from focusmesh.engine.focus.ranks.exchange import Ranks as Ranks
from focusmesh.engine.focus.ranks.exchange import added_whole as added_whole
from focusmesh.engine.focus.ranks.exchange import sum_over_ranks as sum_over_ranks
from focusmesh.engine.focus.ranks.halo import Halo as Halo
from focusmesh.engine.focus.ranks.halo import Route as Route
from focusmesh.engine.focus.ranks.integers import IntegerRows as IntegerRows
from focusmesh.engine.focus.ranks.integers import RankAxons as RankAxons
from focusmesh.engine.focus.ranks.integers import RankIntegerOperator as RankIntegerOperator
from focusmesh.engine.focus.ranks.integers import RankSteps as RankSteps
from focusmesh.engine.focus.ranks.operator import RankOperator as RankOperator
from focusmesh.engine.focus.ranks.reduction import RankReduction as RankReduction
from focusmesh.engine.focus.ranks.structure import GraphFacts as GraphFacts
from focusmesh.engine.focus.ranks.structure import OwnRows as OwnRows
from focusmesh.engine.focus.ranks.structure import RankStructure as RankStructure
from focusmesh.engine.focus.ranks.threads import ThreadRanks as ThreadRanks
from focusmesh.engine.focus.ranks.threads import run_ranks as run_ranks
