"""FemtoLLM: models of bytes small enough for thousands on a processor, trained here, and quantised to whole numbers.

May import: focusmesh.errors, focusmesh.ids, focusmesh.engine.{support,grid.tensor}.
Start reading at model.py, then inference.py, float_network.py and integral.py, training.py and baselines.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily

if TYPE_CHECKING:
    from focusmesh.engine.grid.model.baselines import Gzip as Gzip
    from focusmesh.engine.grid.model.baselines import Ngram as Ngram
    from focusmesh.engine.grid.model.integral import SHARES as SHARES
    from focusmesh.engine.grid.model.intervals import Proportion as Proportion
    from focusmesh.engine.grid.model.intervals import Roc as Roc
    from focusmesh.engine.grid.model.intervals import share as share
    from focusmesh.engine.grid.model.model import Model as Model
    from focusmesh.engine.grid.model.model import QuantisedModel as QuantisedModel
    from focusmesh.engine.grid.model.shape import Shape as Shape
    from focusmesh.engine.grid.model.specialists import train_specialists as train_specialists
    from focusmesh.engine.grid.model.training import Trained as Trained
    from focusmesh.engine.grid.model.training import Trainer as Trainer
    from focusmesh.engine.grid.model.training import TrainParams as TrainParams
    from focusmesh.engine.grid.model.training import train as train
else:
    __getattr__, __dir__ = lazily(__name__)
