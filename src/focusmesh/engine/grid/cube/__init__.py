"""Cubes: eight models on the corners and one in the middle, what they tell each other, and the grid that runs them.

May import: focusmesh.errors, focusmesh.ids, focusmesh.engine.{support,links,focus,grid.array,grid.model}.
Start reading at cube.py, then ensemble.py, kappa.py, packml.py and grid.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily

if TYPE_CHECKING:
    from focusmesh.engine.grid.cube.cube import DEPTH_MAX as DEPTH_MAX
    from focusmesh.engine.grid.cube.cube import Cascade as Cascade
    from focusmesh.engine.grid.cube.cube import Cube as Cube
    from focusmesh.engine.grid.cube.cube import Identified as Identified
    from focusmesh.engine.grid.cube.cube import Opinion as Opinion
    from focusmesh.engine.grid.cube.cube import Thought as Thought
    from focusmesh.engine.grid.cube.cube import Wave as Wave
    from focusmesh.engine.grid.cube.ensemble import Gain as Gain
    from focusmesh.engine.grid.cube.ensemble import agreement as agreement
    from focusmesh.engine.grid.cube.ensemble import measure_gain as measure_gain
    from focusmesh.engine.grid.cube.ensemble import mix_distributions as mix_distributions
    from focusmesh.engine.grid.cube.ensemble import temper_distribution as temper_distribution
    from focusmesh.engine.grid.cube.ensemble import trimmed as trimmed
    from focusmesh.engine.grid.cube.ensemble import trimmed_integers as trimmed_integers
    from focusmesh.engine.grid.cube.ensemble import validation_weights as validation_weights
    from focusmesh.engine.grid.cube.grid import Grid as Grid
    from focusmesh.engine.grid.cube.grid import blocks_of as blocks_of
    from focusmesh.engine.grid.cube.instance import Instance as Instance
    from focusmesh.engine.grid.cube.instance import InstanceStatistics as InstanceStatistics
    from focusmesh.engine.grid.cube.kappa import KappaField as KappaField
    from focusmesh.engine.grid.cube.kappa import KappaParams as KappaParams
    from focusmesh.engine.grid.cube.messages import Message as Message
    from focusmesh.engine.grid.cube.metrics import GridStatistics as GridStatistics
    from focusmesh.engine.grid.cube.metrics import Health as Health
    from focusmesh.engine.grid.cube.packml import COMMANDS as COMMANDS
    from focusmesh.engine.grid.cube.packml import STATES as STATES
    from focusmesh.engine.grid.cube.packml import StateMachine as StateMachine
    from focusmesh.engine.grid.cube.predictor import DATA_BYTES_MAX as DATA_BYTES_MAX
    from focusmesh.engine.grid.cube.predictor import Predictor as Predictor
    from focusmesh.engine.grid.cube.records import RECORD_KINDS as RECORD_KINDS
    from focusmesh.engine.grid.cube.records import grid_from_records as grid_from_records
    from focusmesh.engine.grid.cube.records import grid_records as grid_records
    from focusmesh.engine.grid.cube.template import Template as Template
    from focusmesh.engine.grid.cube.template import check_name as check_name
    from focusmesh.engine.grid.cube.vertices import CENTRAL as CENTRAL
    from focusmesh.engine.grid.cube.vertices import DIAGONALS as DIAGONALS
    from focusmesh.engine.grid.cube.vertices import PLACES as PLACES
    from focusmesh.engine.grid.cube.vertices import VERTICES as VERTICES
    from focusmesh.engine.grid.cube.vertices import edges_of as edges_of
    from focusmesh.engine.grid.cube.vertices import neighbours_of as neighbours_of
    from focusmesh.engine.grid.cube.vertices import vertex_offset as vertex_offset
else:
    __getattr__, __dir__ = lazily(__name__)
