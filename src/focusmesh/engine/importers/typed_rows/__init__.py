"""Rows whose fields are Python values, as databases and spreadsheets give them: values, links, choice of a table.

May import: focusmesh.errors, focusmesh.engine.links, what importers share. Start reading at rows.py.
"""

from __future__ import annotations
