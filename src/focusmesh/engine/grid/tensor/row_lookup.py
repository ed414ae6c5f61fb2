"""Rows of a table by their numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.grid.tensor.tensor import Array, Tensor
from focusmesh.errors import ParameterError

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import IntArray


def gather(table: Tensor, indices: IntArray) -> Tensor:
    """(…, width) of a table (rows, width) and whole numbers (…); ParameterError for one that is no row."""
    if indices.size and not 0 <= indices.min() <= indices.max() < len(table.data):
        raise ParameterError(
            f"rows are 0 to {len(table.data) - 1}, asked for {indices.min()} to {indices.max()}"
        )

    def backward(grad: Array) -> tuple[Array]:
        by_table = np.zeros_like(table.data)
        np.add.at(by_table, indices.reshape(-1), grad.reshape(-1, *table.shape[1:]))
        return (by_table,)

    return Tensor.from_operation(table.data[indices], (table,), backward)
