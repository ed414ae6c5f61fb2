"""Cubes: eight models on the corners and one in the middle, what they tell each other, and the grid that runs them.

May import: focusmesh.errors, focusmesh.ids, focusmesh.engine.{arrays,focus,graph,progress,grid.array,grid.model}.
Start reading at cube.py, then ensemble.py, kappa.py, packml.py and grid.py.
"""

from __future__ import annotations

from focusmesh.engine.grid.cube.cube import Cascade, Cube, Identified, Opinion, Thought, Wave
from focusmesh.engine.grid.cube.ensemble import (
    Gain,
    agreement,
    measure_gain,
    mixed,
    tempered,
    trimmed,
    trimmed_integers,
    validation_weights,
)
from focusmesh.engine.grid.cube.grid import Grid, blocks_of
from focusmesh.engine.grid.cube.instance import Instance, InstanceStatistics
from focusmesh.engine.grid.cube.kappa import KappaField, KappaParams
from focusmesh.engine.grid.cube.keeping import RECORD_KINDS, grid_from_records, grid_records
from focusmesh.engine.grid.cube.measuring import GridStatistics, Health
from focusmesh.engine.grid.cube.messages import Message
from focusmesh.engine.grid.cube.packml import COMMANDS, STATES, StateMachine
from focusmesh.engine.grid.cube.predictor import DATA_BYTES_MAX, Predictor
from focusmesh.engine.grid.cube.template import Template, check_name
from focusmesh.engine.grid.cube.vertices import (
    CENTRAL,
    DIAGONALS,
    PLACES,
    VERTICES,
    edges_of,
    neighbours_of,
    vertex_offset,
)

__all__ = [
    "CENTRAL",
    "COMMANDS",
    "DATA_BYTES_MAX",
    "DIAGONALS",
    "PLACES",
    "RECORD_KINDS",
    "STATES",
    "VERTICES",
    "Cascade",
    "Cube",
    "Gain",
    "Grid",
    "GridStatistics",
    "Health",
    "Identified",
    "Instance",
    "InstanceStatistics",
    "KappaField",
    "KappaParams",
    "Message",
    "Opinion",
    "Predictor",
    "StateMachine",
    "Template",
    "Thought",
    "Wave",
    "agreement",
    "blocks_of",
    "check_name",
    "edges_of",
    "grid_from_records",
    "grid_records",
    "measure_gain",
    "mixed",
    "neighbours_of",
    "tempered",
    "trimmed",
    "trimmed_integers",
    "validation_weights",
    "vertex_offset",
]
