"""Files that describe nodes and edges apart: GraphML, GEXF and GML."""

from __future__ import annotations
