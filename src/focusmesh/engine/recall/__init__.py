"""Recall: from a question in words to particles with scores, texts and the ways there (docs/explanation/contexts.md).

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily

if TYPE_CHECKING:
    from focusmesh.engine.recall.answer import Recalled as Recalled
    from focusmesh.engine.recall.answer import RecalledItem as RecalledItem
    from focusmesh.engine.recall.ask_path import AskedPath as AskedPath
    from focusmesh.engine.recall.ask_path import AskStep as AskStep
    from focusmesh.engine.recall.ask_path import ask_graph as ask_graph
    from focusmesh.engine.recall.beside import words_folder as words_folder
    from focusmesh.engine.recall.beside import write_words as write_words
    from focusmesh.engine.recall.budget import estimated_tokens as estimated_tokens
    from focusmesh.engine.recall.documents import Documents as Documents
    from focusmesh.engine.recall.documents import passage as passage
    from focusmesh.engine.recall.entries import EntryIndex as EntryIndex
    from focusmesh.engine.recall.entries import EntryMoment as EntryMoment
    from focusmesh.engine.recall.facts import SUPERSEDES as SUPERSEDES
    from focusmesh.engine.recall.order import DEPTH as DEPTH
    from focusmesh.engine.recall.params import RecallParams as RecallParams
    from focusmesh.engine.recall.paths import Path as Path
    from focusmesh.engine.recall.question_names import Evidence as Evidence
    from focusmesh.engine.recall.question_names import evidence_of as evidence_of
    from focusmesh.engine.recall.question_names import step_evidence as step_evidence
    from focusmesh.engine.recall.recall import RecallRequest as RecallRequest
    from focusmesh.engine.recall.recall import recall_graph as recall_graph
else:
    __getattr__, __dir__ = lazily(__name__)
