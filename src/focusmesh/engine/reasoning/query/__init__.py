"""Patterns in openCypher over the links of a graph, for reading."""

from __future__ import annotations
