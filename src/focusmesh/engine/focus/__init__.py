"""Focus: the operator R, its fixed point with a bound, contexts, explanations, measures (docs/explanation/operator.md).

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.focus.cards import register_cards as _register_cards
from focusmesh.engine.support.displays import add_displays as _add_displays
from focusmesh.lazy import lazily

if TYPE_CHECKING:
    from focusmesh.engine.focus.certificate.axons import WEIGHT_MAX as WEIGHT_MAX
    from focusmesh.engine.focus.certificate.axons import IntegerAxons as IntegerAxons
    from focusmesh.engine.focus.certificate.builder import certify as certify
    from focusmesh.engine.focus.certificate.certificate import Certificate as Certificate
    from focusmesh.engine.focus.certificate.certificate import Verified as Verified
    from focusmesh.engine.focus.certificate.certificate import verify as verify
    from focusmesh.engine.focus.certificate.digests import digest_of_all as digest_of_all
    from focusmesh.engine.focus.certificate.digests import digest_order as digest_order
    from focusmesh.engine.focus.certificate.digests import name_digest as name_digest
    from focusmesh.engine.focus.certificate.digests import name_digests as name_digests
    from focusmesh.engine.focus.certificate.digests import spelt_digests as spelt_digests
    from focusmesh.engine.focus.certificate.file import certificate_head as certificate_head
    from focusmesh.engine.focus.certificate.live import LiveAxons as LiveAxons
    from focusmesh.engine.focus.certificate.live import solved_on as solved_on
    from focusmesh.engine.focus.certificate.operator import IntegerApplication as IntegerApplication
    from focusmesh.engine.focus.certificate.operator import IntegerOperator as IntegerOperator
    from focusmesh.engine.focus.certificate.operator import Stage as Stage
    from focusmesh.engine.focus.certificate.params import ONE as ONE
    from focusmesh.engine.focus.certificate.params import SCALE as SCALE
    from focusmesh.engine.focus.certificate.params import ProtocolParams as ProtocolParams
    from focusmesh.engine.focus.certificate.params import Teleport as Teleport
    from focusmesh.engine.focus.certificate.params import residual_limit as residual_limit
    from focusmesh.engine.focus.certificate.patch import Side as Side
    from focusmesh.engine.focus.certificate.trace import Trace as Trace
    from focusmesh.engine.focus.certificate.trace import verify_row as verify_row
    from focusmesh.engine.focus.certificate.traced import ApplicationTrace as ApplicationTrace
    from focusmesh.engine.focus.certificate.traced import RankedLinks as RankedLinks
    from focusmesh.engine.focus.certificate.traced import trace_application as trace_application
    from focusmesh.engine.focus.certificate.wide import product_shifted as product_shifted
    from focusmesh.engine.focus.certificate.wide import wide_sum as wide_sum
    from focusmesh.engine.focus.context.answer import Context as Context
    from focusmesh.engine.focus.context.answer import ContextScores as ContextScores
    from focusmesh.engine.focus.context.answer import proved_beginning as proved_beginning
    from focusmesh.engine.focus.context.answer import relevance_of as relevance_of
    from focusmesh.engine.focus.context.context import context_scores as context_scores
    from focusmesh.engine.focus.context.context import graph_contexts as graph_contexts
    from focusmesh.engine.focus.context.context import (
        indexed_context_scores as indexed_context_scores,
    )
    from focusmesh.engine.focus.context.context import solve_kept as solve_kept
    from focusmesh.engine.focus.context.context import verified_context as verified_context
    from focusmesh.engine.focus.context.effort import EFFORTS as EFFORTS
    from focusmesh.engine.focus.context.sampling import WalkSample as WalkSample
    from focusmesh.engine.focus.context.sampling import WalkStep as WalkStep
    from focusmesh.engine.focus.context.sampling import graph_walk as graph_walk
    from focusmesh.engine.focus.context.standing import Rates as Rates
    from focusmesh.engine.focus.context.standing import Standing as Standing
    from focusmesh.engine.focus.explanation.explanation import Explanation as Explanation
    from focusmesh.engine.focus.explanation.explanation import Walk as Walk
    from focusmesh.engine.focus.explanation.explanation import explain as explain
    from focusmesh.engine.focus.live.live import LiveReport as LiveReport
    from focusmesh.engine.focus.live.live import LiveScores as LiveScores
    from focusmesh.engine.focus.operator.chunks import chunk_starts as chunk_starts
    from focusmesh.engine.focus.operator.dense import dense_focus as dense_focus
    from focusmesh.engine.focus.operator.operator import Operator as Operator
    from focusmesh.engine.focus.operator.params import EPSILON as EPSILON
    from focusmesh.engine.focus.operator.params import FocusParams as FocusParams
    from focusmesh.engine.focus.operator.params import verify_beta as verify_beta
    from focusmesh.engine.focus.operator.params import verify_tolerance as verify_tolerance
    from focusmesh.engine.focus.operator.sums import RowSums as RowSums
    from focusmesh.engine.focus.operator.sums import row_sums as row_sums
    from focusmesh.engine.focus.picture.picture import plot_focus as plot_focus
    from focusmesh.engine.focus.picture.picture import plot_graph as plot_graph
    from focusmesh.engine.focus.picture.picture import plot_net as plot_net
    from focusmesh.engine.focus.ranks import Alone as Alone
    from focusmesh.engine.focus.ranks import Certifying as Certifying
    from focusmesh.engine.focus.ranks import GraphFacts as GraphFacts
    from focusmesh.engine.focus.ranks import OwnRows as OwnRows
    from focusmesh.engine.focus.ranks import RankCertificate as RankCertificate
    from focusmesh.engine.focus.ranks import RankOperator as RankOperator
    from focusmesh.engine.focus.ranks import RankReduction as RankReduction
    from focusmesh.engine.focus.ranks import Ranks as Ranks
    from focusmesh.engine.focus.ranks import RankStructure as RankStructure
    from focusmesh.engine.focus.ranks import run_ranks as run_ranks
    from focusmesh.engine.focus.ranks import sum_over_ranks as sum_over_ranks
    from focusmesh.engine.focus.shards import Sharded as Sharded
    from focusmesh.engine.focus.shards import ShardReport as ShardReport
    from focusmesh.engine.focus.shards import certify_by_shards as certify_by_shards
    from focusmesh.engine.focus.shards import shard_of as shard_of
    from focusmesh.engine.focus.shards import shards_of as shards_of
    from focusmesh.engine.focus.solve.comparison import Change as Change
    from focusmesh.engine.focus.solve.comparison import Move as Move
    from focusmesh.engine.focus.solve.comparison import compare as compare
    from focusmesh.engine.focus.solve.estimate import Estimate as Estimate
    from focusmesh.engine.focus.solve.estimate import Report as Report
    from focusmesh.engine.focus.solve.kept_foci import KeptFoci as KeptFoci
    from focusmesh.engine.focus.solve.measures import Impulse as Impulse
    from focusmesh.engine.focus.solve.measures import SyntropyChange as SyntropyChange
    from focusmesh.engine.focus.solve.measures import entropy as entropy
    from focusmesh.engine.focus.solve.measures import impulse as impulse
    from focusmesh.engine.focus.solve.measures import syntropy as syntropy
    from focusmesh.engine.focus.solve.measures import syntropy_change as syntropy_change
    from focusmesh.engine.focus.solve.result import Focus as Focus
    from focusmesh.engine.focus.solve.result import Ranked as Ranked
    from focusmesh.engine.focus.solve.solve import graph_estimate as graph_estimate
    from focusmesh.engine.focus.solve.solve import graph_focus as graph_focus
    from focusmesh.engine.focus.solve.solve import seed_weights as seed_weights
    from focusmesh.engine.focus.solve.solver import SOLVERS as SOLVERS
    from focusmesh.engine.focus.solve.solver import solver_named as solver_named
    from focusmesh.engine.focus.solve.watch import Solution as Solution
else:
    __getattr__, __dir__ = lazily(__name__)


_register_cards()
_add_displays("focusmesh.engine.focus.picture.displays")
