"""Tensors on the processor, with threads and gradients, and the governor that keeps a share of it free.

May import: focusmesh.errors, focusmesh.engine.{arrays,parallel}; NumPy and its BLAS do the arithmetic.
Start reading at tensor.py, then activations.py, whose shape every other operation has, and governor.py.
"""

from __future__ import annotations

from focusmesh.engine.grid.tensor.activations import gelu, relu, sigmoid, tanh
from focusmesh.engine.grid.tensor.affine import linear
from focusmesh.engine.grid.tensor.convolution import conv2d
from focusmesh.engine.grid.tensor.gathering import gather
from focusmesh.engine.grid.tensor.governor import Governor
from focusmesh.engine.grid.tensor.normalising import layer_norm, rms_norm, softmax
from focusmesh.engine.grid.tensor.optimising import Adam
from focusmesh.engine.grid.tensor.pooling import avg_pool2d, max_pool2d
from focusmesh.engine.grid.tensor.scoring import cross_entropy
from focusmesh.engine.grid.tensor.tensor import Tensor

__all__ = [
    "Adam",
    "Governor",
    "Tensor",
    "avg_pool2d",
    "conv2d",
    "cross_entropy",
    "gather",
    "gelu",
    "layer_norm",
    "linear",
    "max_pool2d",
    "relu",
    "rms_norm",
    "sigmoid",
    "softmax",
    "tanh",
]
