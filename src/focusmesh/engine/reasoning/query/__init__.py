"""Patterns in openCypher over the links of a graph, for reading.

It imports ``engine.links`` and its siblings ``operators``, ``registry`` and ``relations``. Start reading at
``question.py``.
"""

from __future__ import annotations

from focusmesh.engine.reasoning.query.question import ask_query as ask_query
from focusmesh.engine.reasoning.query.question import explain_query as explain_query
from focusmesh.engine.reasoning.query.table import Table as Table
from focusmesh.engine.reasoning.query.table import TableLink as TableLink
from focusmesh.engine.reasoning.query.table import TablePath as TablePath
from focusmesh.engine.reasoning.query.written_graph import read_written_graph as read_written_graph
