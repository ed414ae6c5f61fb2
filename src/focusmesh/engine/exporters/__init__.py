"""Exporters: a whole graph with its focus, as files of the tools that draw networks.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily

if TYPE_CHECKING:
    from focusmesh.engine.exporters.exporter import Exporter as Exporter
    from focusmesh.engine.exporters.ranked_graph import RankedGraph as RankedGraph
    from focusmesh.engine.exporters.registry import WHOLE_GRAPH_SUFFIXES as WHOLE_GRAPH_SUFFIXES
    from focusmesh.engine.exporters.registry import exporter_for as exporter_for
    from focusmesh.engine.exporters.registry import write_graph as write_graph
else:
    __getattr__, __dir__ = lazily(__name__)
