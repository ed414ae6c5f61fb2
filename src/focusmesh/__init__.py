"""A knowledge graph that ranks itself: every score leaves with a bound on its error.

May import: everything below it, and only when a name is first asked for, so that ``import focusmesh`` stays light.
Start reading at ARCHITECTURE.md, or here: ``focusmesh.Graph.from_edges(source, target).focus().top(10)``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh import errors
from focusmesh.lazy import lazily as _lazily

if TYPE_CHECKING:
    from focusmesh.engine.compile import CompiledModel
    from focusmesh.engine.focus import (
        Certificate,
        Context,
        Explanation,
        Focus,
        FocusParams,
        LiveFocus,
        LiveReport,
        WalkSample,
        certify,
        compare,
        eigentrust,
        explain,
        local_trust,
        verify,
    )
    from focusmesh.engine.graph import Graph, ImportReport, Names, read_seeds
    from focusmesh.engine.parallel import limited
    from focusmesh.engine.pipeline import Advanced, Rule, advance
    from focusmesh.engine.recall import Recalled, RecalledItem, RecallParams
    from focusmesh.interface.clusters import cluster
    from focusmesh.interface.ledger import open  # noqa: A004  (focusmesh.open is its name)

__version__ = "0.1.0"

__all__ = [
    "Advanced",
    "Certificate",
    "CompiledModel",
    "Context",
    "Explanation",
    "Focus",
    "FocusParams",
    "Graph",
    "ImportReport",
    "LiveFocus",
    "LiveReport",
    "Names",
    "RecallParams",
    "Recalled",
    "RecalledItem",
    "Rule",
    "WalkSample",
    "__version__",
    "advance",
    "certify",
    "cluster",
    "compare",
    "eigentrust",
    "errors",
    "explain",
    "limited",
    "local_trust",
    "open",
    "read_seeds",
    "verify",
]

_HOMES = {
    "focusmesh.engine.compile": ("CompiledModel",),
    "focusmesh.engine.focus": (
        *("Certificate", "Context", "Explanation", "Focus", "FocusParams"),
        *("LiveFocus", "LiveReport", "WalkSample"),
        *("certify", "compare", "eigentrust", "explain", "local_trust", "verify"),
    ),
    "focusmesh.engine.graph": ("Graph", "ImportReport", "Names", "read_seeds"),
    "focusmesh.engine.parallel": ("limited",),
    "focusmesh.engine.pipeline": ("Advanced", "Rule", "advance"),
    "focusmesh.engine.recall": ("RecallParams", "Recalled", "RecalledItem"),
    "focusmesh.interface.clusters": ("cluster",),
    "focusmesh.interface.ledger": ("open",),
}


if not TYPE_CHECKING:
    __getattr__, __dir__ = _lazily(__name__, _HOMES)
