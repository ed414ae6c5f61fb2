"""All operators of graphs."""

from __future__ import annotations

from focusmesh.engine.reasoning.operators.components import COMPONENTS, STRONG_COMPONENTS
from focusmesh.engine.reasoning.operators.cores import CORES
from focusmesh.engine.reasoning.operators.distances import DISTANCES, SHORTEST_PATH
from focusmesh.engine.reasoning.operators.label_propagation import LABEL_PROPAGATION
from focusmesh.engine.reasoning.operators.recall import RECALL
from focusmesh.engine.reasoning.operators.scores import CONTEXT, FOCUS
from focusmesh.engine.reasoning.operators.triangles import CLUSTERING
from focusmesh.engine.reasoning.operators.walks import EXPLAIN, WALK
from focusmesh.engine.reasoning.registry import OperatorRegistry

OPERATORS = OperatorRegistry(
    (
        CLUSTERING,
        COMPONENTS,
        CONTEXT,
        CORES,
        DISTANCES,
        EXPLAIN,
        FOCUS,
        LABEL_PROPAGATION,
        RECALL,
        SHORTEST_PATH,
        STRONG_COMPONENTS,
        WALK,
    )
)
"""The registry that rules and all faces use."""
