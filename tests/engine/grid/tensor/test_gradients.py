"""Every gradient against central differences, in float64."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from focusmesh.engine.grid.tensor import (
    Tensor,
    avg_pool2d,
    conv2d,
    cross_entropy,
    gather,
    gelu,
    layer_norm,
    linear,
    max_pool2d,
    relu,
    rms_norm,
    sigmoid,
    softmax,
    tanh,
)
from focusmesh.engine.support import parallel

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.engine.support.arrays import FloatArray

_STEP = 1e-5
_LATER = np.triu(np.ones((5, 5), dtype=np.bool_), 1)
_ROWS = np.array([[0, 3], [3, 1]])
_CLASSES = np.array([[0, 4], [2, 2]])

CASES: dict[str, tuple[Callable[..., Tensor], tuple[tuple[int, ...], ...]]] = {
    "add": (lambda a, b: a + b, ((3, 4), (4,))),
    "add a number": (lambda a: 2.0 + a + 1.5, ((3, 4),)),
    "subtract": (lambda a, b: a - b, ((2, 3, 4), (3, 1))),
    "subtract from a number": (lambda a: 2.0 - a, ((3,),)),
    "negate": (lambda a: -a, ((3,),)),
    "multiply": (lambda a, b: a * b, ((3, 1), (2, 3, 4))),
    "divide": (lambda a, b: a / (b * b + 1.0), ((3, 4), (4,))),
    "divide a number": (lambda a: 1.0 / (a * a + 1.0), ((3, 4),)),
    "used twice": (lambda a: a * a + a, ((3,),)),
    "matmul": (lambda a, b: a @ b, ((2, 3, 4), (4, 5))),
    "matmul, many rows": (lambda a, b: a @ b, ((1500, 20), (20, 12))),
    "matmul of stacks": (lambda a, b: a @ b, ((2, 3, 4), (2, 4, 5))),
    "reshape": (lambda a: a.reshape(4, 3) * np.pi, ((3, 4),)),
    "swapaxes": (lambda a: a.swapaxes(0, 2), ((2, 3, 4),)),
    "sum of all": (lambda a: a.sum(), ((3, 4),)),
    "sum": (lambda a: a.sum(1, keepdims=True), ((3, 4),)),
    "mean": (lambda a: a.mean(0), ((3, 4),)),
    "max": (lambda a: a.max(1), ((3, 4),)),
    "relu": (relu, ((3, 4),)),
    "sigmoid": (sigmoid, ((3, 4),)),
    "tanh": (tanh, ((3, 4),)),
    "gelu": (gelu, ((3, 4),)),
    "softmax": (softmax, ((3, 5),)),
    "softmax, some hidden": (lambda a: softmax(a, _LATER), ((2, 5, 5),)),
    "rms norm": (rms_norm, ((2, 3, 6), (6,))),
    "linear": (linear, ((2, 3, 4), (4, 5), (5,))),
    "linear, many rows": (linear, ((1500, 20), (20, 12), (12,))),
    "layer norm": (layer_norm, ((2, 3, 6), (6,), (6,))),
    "gather": (lambda a: gather(a, _ROWS), ((4, 3),)),
    "cross entropy": (lambda a: cross_entropy(a, _CLASSES), ((2, 2, 5),)),
    "conv2d": (conv2d, ((2, 5, 6, 3), (3, 2, 3, 4))),
    "conv2d, stride and padding": (lambda a, b: conv2d(a, b, 2, 1), ((3, 6, 5, 2), (3, 3, 2, 3))),
    "max pool": (lambda a: max_pool2d(a, 2), ((2, 5, 4, 3),)),
    "max pool, overlapping": (lambda a: max_pool2d(a, 3, 1), ((1, 5, 5, 2),)),
    "avg pool": (lambda a: avg_pool2d(a, 2, 1), ((2, 4, 5, 3),)),
}


@pytest.mark.parametrize("name", CASES)
def test_the_gradient_is_that_of_central_differences(name: str) -> None:
    function, shapes = CASES[name]
    random = np.random.default_rng(len(name))
    given = [random.standard_normal(shape) for shape in shapes]
    weights = random.standard_normal(function(*map(Tensor, given)).shape)
    tensors = [Tensor(each, requires_grad=True) for each in given]
    (function(*tensors) * Tensor(weights)).sum().backward()
    for at, tensor in enumerate(tensors):
        some = random.permutation(given[at].size)[:40]
        expected = [_difference(function, given, at, place, weights) for place in some.tolist()]
        assert tensor.grad is not None
        assert tensor.grad.shape == tensor.shape
        np.testing.assert_allclose(tensor.grad.reshape(-1)[some], expected, rtol=1e-6, atol=1e-7)


def _difference(
    function: Callable[..., Tensor],
    given: list[FloatArray],
    at: int,
    place: int,
    weights: FloatArray,
) -> float:
    values = []
    for step in (_STEP, -_STEP):
        moved = [each.copy() for each in given]
        moved[at].reshape(-1)[place] += step
        values.append(float((function(*map(Tensor, moved)).data * weights).sum()))
    return (values[0] - values[1]) / (2 * _STEP)


def test_a_wrong_gradient_is_noticed() -> None:
    def wrong(x: Tensor) -> Tensor:
        return Tensor.from_operation(x.data**2, (x,), lambda grad: (grad * x.data,))

    x = Tensor(np.array([1.5]), requires_grad=True)
    wrong(x).sum().backward()
    assert x.grad is not None
    expected = _difference(wrong, [x.data], 0, 0, np.ones(1))
    assert abs(float(x.grad[0]) - expected) > 1.0


@pytest.mark.parametrize("function", [relu, sigmoid, tanh, gelu])
def test_threads_change_no_bit(function: Callable[[Tensor], Tensor]) -> None:
    x = np.random.default_rng(1).standard_normal((700, 400)).astype(np.float32)

    def both() -> tuple[bytes, bytes]:
        tensor = Tensor(x, requires_grad=True)
        result = function(tensor)
        (result * result).sum().backward()
        assert tensor.grad is not None
        return result.data.tobytes(), tensor.grad.tobytes()

    with parallel.limited(1):
        alone = both()
    assert both() == alone


def test_products_have_the_same_bits_on_any_number_of_threads() -> None:
    random = np.random.default_rng(2)
    left = random.standard_normal((9_000, 30)).astype(np.float32)
    right = random.standard_normal((30, 70)).astype(np.float32)
    product = (Tensor(left) @ Tensor(right)).data
    with parallel.limited(1):
        assert (Tensor(left) @ Tensor(right)).data.tobytes() == product.tobytes()
    np.testing.assert_allclose(product, left @ right, rtol=1e-4, atol=1e-4)
