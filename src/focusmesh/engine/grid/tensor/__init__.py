"""Tensors on the processor, with threads and gradients, and the governor that keeps a share of it free.

May import: focusmesh.errors, focusmesh.engine.support; NumPy and its BLAS do the arithmetic.
Start reading at tensor.py, then activations.py, whose shape every other operation has, and governor.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily

if TYPE_CHECKING:
    from focusmesh.engine.grid.tensor.activations import gelu as gelu
    from focusmesh.engine.grid.tensor.activations import relu as relu
    from focusmesh.engine.grid.tensor.activations import sigmoid as sigmoid
    from focusmesh.engine.grid.tensor.activations import tanh as tanh
    from focusmesh.engine.grid.tensor.affine import linear as linear
    from focusmesh.engine.grid.tensor.convolution import conv2d as conv2d
    from focusmesh.engine.grid.tensor.governor import Governor as Governor
    from focusmesh.engine.grid.tensor.losses import cross_entropy as cross_entropy
    from focusmesh.engine.grid.tensor.normalisation import layer_norm as layer_norm
    from focusmesh.engine.grid.tensor.normalisation import rms_norm as rms_norm
    from focusmesh.engine.grid.tensor.normalisation import softmax as softmax
    from focusmesh.engine.grid.tensor.optimiser import Adam as Adam
    from focusmesh.engine.grid.tensor.pooling import avg_pool2d as avg_pool2d
    from focusmesh.engine.grid.tensor.pooling import max_pool2d as max_pool2d
    from focusmesh.engine.grid.tensor.row_lookup import gather as gather
    from focusmesh.engine.grid.tensor.tensor import Tensor as Tensor
else:
    __getattr__, __dir__ = lazily(__name__)
