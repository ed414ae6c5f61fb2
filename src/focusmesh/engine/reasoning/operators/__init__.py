"""Operators of graphs: components, communities, cores, clustering, distances, shortest paths, and scores with bounds.

Each file has what it computes, as a function of the links of one moment, and its atom, which rules call by name.
"""

from __future__ import annotations

from focusmesh.engine.reasoning.operators.answers import OperatorRows as OperatorRows
from focusmesh.engine.reasoning.operators.answers import operator_rows as operator_rows
from focusmesh.engine.reasoning.operators.catalogue import OPERATORS as OPERATORS
from focusmesh.engine.reasoning.operators.cores import core_numbers as core_numbers
from focusmesh.engine.reasoning.operators.triangles import neighbour_links as neighbour_links
