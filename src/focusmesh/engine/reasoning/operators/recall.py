"""What recall lists for a question in words (docs/how-to/recall.md), with scores and bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.links import Filters, LinkStore
from focusmesh.engine.reasoning.registry import Argument, Column, OperatorAtom

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    import numpy.typing as npt

    from focusmesh.engine.links import Snapshot
    from focusmesh.engine.recall import EntryIndex

_LISTED_MOST = 1_000


def _recall(
    snapshot: Snapshot, arguments: Mapping[str, Any], tick: Callable[[], None]
) -> tuple[npt.NDArray[Any], ...]:
    """Costs as ``Graph.recall``."""
    from focusmesh.engine.recall import RecallRequest, recall_graph

    tick()
    store, index = LinkStore(snapshot), _index_of(snapshot)
    asked = RecallRequest(
        *(arguments["question"], arguments["top"], None, None, None, arguments["effort"]),
        *(Filters(), None, None, None),
        with_text=arguments["with_text"],
    )
    items = recall_graph(
        store,
        asked,
        lambda: index.kept_moment(store, snapshot, lambda *_: tick()),
        lambda *_: tick(),
    ).items
    return (
        snapshot.particles.indices([item.particle for item in items]).astype(np.int64),
        np.array([item.value for item in items], dtype=np.float64),
        np.array([item.score for item in items], dtype=np.float64),
        np.array([item.bound for item in items], dtype=np.float64),
    )


def _index_of(snapshot: Snapshot) -> EntryIndex:
    """The index of these links, or of those that they were made of by edits, which it follows; else a new one."""
    from focusmesh.engine.recall import EntryIndex

    before = None if snapshot.origin is None else snapshot.origin.base()
    known = (EntryIndex.kept_with(each) for each in (snapshot, before) if each is not None)
    return next((index for index in known if index is not None), None) or EntryIndex()


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
