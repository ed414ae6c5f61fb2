"""Recall: from a question in words to particles with scores, texts and the ways there (compile.md).

May import: focusmesh.errors, focusmesh.ids, focusmesh.engine.{arrays,focus,graph,progress}.
Start reading at recalling.py, then entries.py and answer.py.
"""

from __future__ import annotations

from focusmesh.engine.recall.answer import Recalled, RecalledItem
from focusmesh.engine.recall.asking import AskedPath, AskStep, ask_graph
from focusmesh.engine.recall.budget import estimated_tokens
from focusmesh.engine.recall.documents import Documents, passage
from focusmesh.engine.recall.entries import EntryIndex, EntryMoment
from focusmesh.engine.recall.filters import Filters
from focusmesh.engine.recall.ordering import DEPTH
from focusmesh.engine.recall.params import RecallParams
from focusmesh.engine.recall.paths import Path
from focusmesh.engine.recall.recalling import Asked, Kept, recall_graph

__all__ = [
    "DEPTH",
    "AskStep",
    "Asked",
    "AskedPath",
    "Documents",
    "EntryIndex",
    "EntryMoment",
    "Filters",
    "Kept",
    "Path",
    "RecallParams",
    "Recalled",
    "RecalledItem",
    "ask_graph",
    "estimated_tokens",
    "passage",
    "recall_graph",
]
