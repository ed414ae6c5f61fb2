"""What recall lists for a question in words (docs/how-to/recall.md), with scores and bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.links import Filters, LinkStore
from focusmesh.engine.reasoning.registry import Argument, Column, OperatorAtom
from focusmesh.engine.recall import EntryIndex, RecallRequest, recall_graph

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    import numpy.typing as npt

    from focusmesh.engine.links import Snapshot

_LISTED_MOST = 1_000


def _recall(
    snapshot: Snapshot, arguments: Mapping[str, Any], tick: Callable[[], None]
) -> tuple[npt.NDArray[Any], ...]:
    """Costs as ``Graph.recall``."""
    tick()
    store = LinkStore(snapshot)
    held = snapshot.derived.get("entries")
    if held is None:
        index = _index_before(snapshot)
        held = index, index.moment(store, snapshot, lambda *_: tick())
        snapshot.derived["entries"] = held
    asked = RecallRequest(
        *(arguments["question"], arguments["top"], None, None, None, arguments["effort"]),
        *(Filters(), None, None, None),
        with_text=arguments["with_text"],
    )
    items = recall_graph(store, asked, lambda: held[1], lambda *_: tick()).items
    return (
        snapshot.particles.indices([item.particle for item in items]).astype(np.int64),
        np.array([item.value for item in items], dtype=np.float64),
        np.array([item.score for item in items], dtype=np.float64),
        np.array([item.bound for item in items], dtype=np.float64),
    )


def _index_before(snapshot: Snapshot) -> EntryIndex:
    """The index of the links that these were made of by edits, which it follows; else a new one."""
    before = None if snapshot.origin is None else snapshot.origin.base()
    held = None if before is None else before.derived.get("entries")
    return EntryIndex() if held is None else held[0]


RECALL = OperatorAtom(
    "recall",
    (
        Column("p", "particle"),
        Column("value", "float"),
        Column("score", "float"),
        Column("bound", "float"),
    ),
    _recall,
    (
        Argument("question", "symbol", required=True),
        Argument("top", "number", 10, least=1, most=_LISTED_MOST),
        Argument("effort", "symbol", "balanced", choices=("fast", "balanced", "exact")),
        Argument("with_text", "bool", False),
    ),
    bounded=(("score", "bound"),),
)
