"""Focus: the operator R, its fixed point with a bound, contexts, explanations, measures (focus.md).

May import: focusmesh.errors, focusmesh.ids, focusmesh.engine.{arrays,compiled,files,graph,machine,parallel,progress}.
Start reading at solve.py, then operator.py and solver.py.
"""

from __future__ import annotations

from focusmesh.engine.focus.certificate import Certificate, Verified, verify
from focusmesh.engine.focus.certificate_axons import WEIGHT_MAX, IntegerAxons
from focusmesh.engine.focus.certificate_digests import (
    digest_of_all,
    digest_order,
    name_digest,
    name_digests,
    spelt_digests,
)
from focusmesh.engine.focus.certificate_file import certificate_head
from focusmesh.engine.focus.certificate_live import LiveAxons, solved_on
from focusmesh.engine.focus.certificate_making import certify
from focusmesh.engine.focus.certificate_operator import Applied, IntegerOperator, Stage
from focusmesh.engine.focus.certificate_params import (
    EPSILON,
    ONE,
    SCALE,
    ProtocolParams,
    Teleport,
    residual_limit,
)
from focusmesh.engine.focus.certificate_patch import Side
from focusmesh.engine.focus.certificate_trace import Trace, verify_row
from focusmesh.engine.focus.certificate_traced import RankedLinks, Traced, traced
from focusmesh.engine.focus.certificate_wide import product_shifted, wide_sum
from focusmesh.engine.focus.chunks import chunk_starts
from focusmesh.engine.focus.comparing import Change, Move, compare
from focusmesh.engine.focus.context import context_scores, graph_contexts, verified_context
from focusmesh.engine.focus.context_answer import Context, ContextScores
from focusmesh.engine.focus.context_effort import EFFORTS
from focusmesh.engine.focus.context_standing import Rates, Standing
from focusmesh.engine.focus.dense import dense_focus
from focusmesh.engine.focus.estimate import Estimate, Report
from focusmesh.engine.focus.explaining import Explanation, Walk, explain
from focusmesh.engine.focus.live import LiveFocus, LiveReport
from focusmesh.engine.focus.measures import (
    Impulse,
    SyntropyChange,
    entropy,
    impulse,
    syntropy,
    syntropy_change,
)
from focusmesh.engine.focus.operator import Operator
from focusmesh.engine.focus.params import FocusParams
from focusmesh.engine.focus.picture import plot_focus, plot_graph, plot_net
from focusmesh.engine.focus.ranks import (
    Alone,
    Certifying,
    GraphFacts,
    JoinedRanks,
    Own,
    RankCertificate,
    RankOperator,
    Ranks,
    RankStructure,
    across,
    run_ranks,
    summed,
)
from focusmesh.engine.focus.result import Focus, Ranked
from focusmesh.engine.focus.sampling import WalkSample, WalkStep, graph_walk
from focusmesh.engine.focus.shards import (
    Sharded,
    ShardReport,
    certify_by_shards,
    shard_of,
    shards_of,
)
from focusmesh.engine.focus.solve import graph_estimate, graph_focus, seed_weights
from focusmesh.engine.focus.solver import SOLVERS, solver_named
from focusmesh.engine.focus.sums import RowSums, row_sums
from focusmesh.engine.focus.trust import eigentrust, local_trust
from focusmesh.engine.focus.watch import Solution

__all__ = [
    "EFFORTS",
    "EPSILON",
    "ONE",
    "SCALE",
    "SOLVERS",
    "WEIGHT_MAX",
    "Alone",
    "Applied",
    "Certificate",
    "Certifying",
    "Change",
    "Context",
    "ContextScores",
    "Estimate",
    "Explanation",
    "Focus",
    "FocusParams",
    "GraphFacts",
    "Impulse",
    "IntegerAxons",
    "IntegerOperator",
    "JoinedRanks",
    "LiveAxons",
    "LiveFocus",
    "LiveReport",
    "Move",
    "Operator",
    "Own",
    "ProtocolParams",
    "RankCertificate",
    "RankOperator",
    "RankStructure",
    "Ranked",
    "RankedLinks",
    "Ranks",
    "Rates",
    "Report",
    "RowSums",
    "ShardReport",
    "Sharded",
    "Side",
    "Solution",
    "Stage",
    "Standing",
    "SyntropyChange",
    "Teleport",
    "Trace",
    "Traced",
    "Verified",
    "Walk",
    "WalkSample",
    "WalkStep",
    "across",
    "certificate_head",
    "certify",
    "certify_by_shards",
    "chunk_starts",
    "compare",
    "context_scores",
    "dense_focus",
    "digest_of_all",
    "digest_order",
    "eigentrust",
    "entropy",
    "explain",
    "graph_contexts",
    "graph_estimate",
    "graph_focus",
    "graph_walk",
    "impulse",
    "local_trust",
    "name_digest",
    "name_digests",
    "plot_focus",
    "plot_graph",
    "plot_net",
    "product_shifted",
    "residual_limit",
    "row_sums",
    "run_ranks",
    "seed_weights",
    "shard_of",
    "shards_of",
    "solved_on",
    "solver_named",
    "spelt_digests",
    "summed",
    "syntropy",
    "syntropy_change",
    "traced",
    "verified_context",
    "verify",
    "verify_row",
    "wide_sum",
]
