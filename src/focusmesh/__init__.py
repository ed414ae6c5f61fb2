"""A knowledge graph that ranks itself: every score leaves with a bound on its error.

May import: everything below it, and only when a name is first asked for, so that ``import focusmesh`` stays light.
Start reading at ARCHITECTURE.md, or here: ``focusmesh.Graph.from_edges(source, target).focus().top(10)``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh import errors as errors
from focusmesh.lazy import lazily

if TYPE_CHECKING:
    from focusmesh.engine.compile import CompiledModel as CompiledModel
    from focusmesh.engine.focus import Certificate as Certificate
    from focusmesh.engine.focus import Context as Context
    from focusmesh.engine.focus import Explanation as Explanation
    from focusmesh.engine.focus import Focus as Focus
    from focusmesh.engine.focus import FocusParams as FocusParams
    from focusmesh.engine.focus import LiveReport as LiveReport
    from focusmesh.engine.focus import WalkSample as WalkSample
    from focusmesh.engine.focus import certify as certify
    from focusmesh.engine.focus import compare as compare
    from focusmesh.engine.focus import explain as explain
    from focusmesh.engine.focus import verify as verify
    from focusmesh.engine.graph import Graph as Graph
    from focusmesh.engine.graph import LiveFocus as LiveFocus
    from focusmesh.engine.graph import eigentrust as eigentrust
    from focusmesh.engine.graph import local_trust as local_trust
    from focusmesh.engine.graph import warm as warm
    from focusmesh.engine.importers import read_seeds as read_seeds
    from focusmesh.engine.links import ImportReport as ImportReport
    from focusmesh.engine.links import Names as Names
    from focusmesh.engine.pipeline import Advanced as Advanced
    from focusmesh.engine.pipeline import Rule as Rule
    from focusmesh.engine.pipeline import advance as advance
    from focusmesh.engine.reasoning import Proof as Proof
    from focusmesh.engine.reasoning import QueryLimits as QueryLimits
    from focusmesh.engine.reasoning import RuleSet as RuleSet
    from focusmesh.engine.reasoning import RuleView as RuleView
    from focusmesh.engine.reasoning import Table as Table
    from focusmesh.engine.reasoning import read_proof as read_proof
    from focusmesh.engine.recall import Recalled as Recalled
    from focusmesh.engine.recall import RecalledItem as RecalledItem
    from focusmesh.engine.recall import RecallParams as RecallParams
    from focusmesh.engine.support.parallel import limited as limited
    from focusmesh.host.clusters import cluster as cluster
    from focusmesh.host.ledger import open as open
else:
    __getattr__, __dir__ = lazily(__name__)

__version__ = "0.2.0.dev0"
