"""The language of queries: text becomes a syntax tree, or an error with line, column and remedy."""

from __future__ import annotations
