"""Readers of files that hold many documents: lines of JSON, mail boxes, exports of chats.

May import: focusmesh.errors, focusmesh.engine.importers, ``items``. Start reading at ``records.py``.
"""

from __future__ import annotations
