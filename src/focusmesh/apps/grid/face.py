"""The grid as all faces offer it: what of it is in a ledger."""

from __future__ import annotations

from focusmesh.apps import Application
from focusmesh.apps.grid.operations import GRID_OPERATIONS

APPLICATION = Application(
    name="grid",
    words="Histories of sparse arrays, whose tiles a ledger proves.",
    operations=GRID_OPERATIONS,
)
