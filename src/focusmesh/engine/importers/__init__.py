"""Importers: files of links, tables and source trees become link columns, with a report of what was bad.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from focusmesh.engine.importers.read import read_links as read_links
from focusmesh.engine.importers.registry import Importer as Importer
from focusmesh.engine.importers.registry import importers as importers
from focusmesh.engine.importers.seeds import read_seeds as read_seeds
