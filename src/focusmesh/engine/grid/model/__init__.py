"""FemtoLLM: models of bytes small enough for thousands on a processor, trained here, and quantised to whole numbers.

May import: focusmesh.errors, focusmesh.ids, focusmesh.engine.{arrays,files,parallel,progress,grid.tensor}.
Start reading at model.py, then reading.py, floating.py and integral.py; training.py, language.py and baselines.py.
"""

from __future__ import annotations

from focusmesh.engine.grid.model.baselines import Gzip, Ngram
from focusmesh.engine.grid.model.integral import SHARES
from focusmesh.engine.grid.model.judging import Proportion, Roc, share
from focusmesh.engine.grid.model.model import Model, QuantisedModel
from focusmesh.engine.grid.model.shape import Shape
from focusmesh.engine.grid.model.specialists import train_specialists
from focusmesh.engine.grid.model.training import Trained, Trainer, TrainParams, train

__all__ = [
    "SHARES",
    "Gzip",
    "Model",
    "Ngram",
    "Proportion",
    "QuantisedModel",
    "Roc",
    "Shape",
    "TrainParams",
    "Trained",
    "Trainer",
    "share",
    "train",
    "train_specialists",
]
