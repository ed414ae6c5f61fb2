"""FemtoLLM: models of bytes small enough for thousands on a processor, trained here, and quantised to whole numbers.

May import: focusmesh.errors, focusmesh.ids, focusmesh.engine.{arrays,files,parallel,progress,grid.tensor}.
Start reading at model.py, then reading.py, floating.py and integral.py.
"""

from __future__ import annotations

from focusmesh.engine.grid.model.integral import SHARES
from focusmesh.engine.grid.model.model import Model, QuantisedModel
from focusmesh.engine.grid.model.shape import Shape

__all__ = ["SHARES", "Model", "QuantisedModel", "Shape"]
