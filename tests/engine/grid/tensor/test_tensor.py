"""Tensors: what they hold, what they refuse, and PyTorch's results for the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from focusmesh.engine.grid.tensor import (
    Adam,
    Tensor,
    avg_pool2d,
    conv2d,
    cross_entropy,
    gather,
    gelu,
    layer_norm,
    linear,
    max_pool2d,
    sigmoid,
    softmax,
)
from focusmesh.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Needs


def drawn(*shape: int) -> Any:
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype(np.float32)


def test_pytorch_finds_the_same(needs: Needs) -> None:
    torch = needs("torch")
    functional = torch.nn.functional
    images, kernels = drawn(2, 7, 6, 3), drawn(3, 3, 3, 5)
    nchw = torch.from_numpy(images).permute(0, 3, 1, 2)
    weight = torch.from_numpy(kernels).permute(3, 2, 0, 1)
    rows, gain, bias = drawn(4, 9), drawn(9), drawn(9)
    x = torch.from_numpy(rows)
    targets = np.array([1, 0, 8, 3])

    def nhwc(result: Any) -> Any:
        return result.permute(0, 2, 3, 1)

    pairs = {
        "conv2d": (
            conv2d(Tensor(images), Tensor(kernels), 2, 1),
            nhwc(functional.conv2d(nchw, weight, stride=2, padding=1)),
        ),
        "max": (max_pool2d(Tensor(images), 2), nhwc(functional.max_pool2d(nchw, 2))),
        "avg": (avg_pool2d(Tensor(images), 3, 1), nhwc(functional.avg_pool2d(nchw, 3, 1))),
        "gelu": (gelu(Tensor(rows)), functional.gelu(x, approximate="tanh")),
        "sigmoid": (sigmoid(Tensor(rows)), x.sigmoid()),
        "softmax": (softmax(Tensor(rows)), x.softmax(-1)),
        "layer norm": (
            layer_norm(Tensor(rows), Tensor(gain), Tensor(bias)),
            functional.layer_norm(x, (9,), torch.from_numpy(gain), torch.from_numpy(bias)),
        ),
        "cross entropy": (
            cross_entropy(Tensor(rows), targets),
            functional.cross_entropy(x, torch.from_numpy(targets)),
        ),
    }
    for name, (ours, theirs) in pairs.items():
        np.testing.assert_allclose(ours.data, theirs.numpy(), rtol=2e-5, atol=2e-5, err_msg=name)


def test_adam_takes_the_steps_of_pytorch(needs: Needs) -> None:
    torch = needs("torch")
    start, pull = drawn(6), drawn(6)
    ours = Tensor(start, requires_grad=True)
    adam = Adam([ours])
    theirs = torch.from_numpy(start.copy()).requires_grad_()
    other = torch.optim.Adam([theirs], lr=0.05)
    for _ in range(20):
        ((ours - Tensor(pull)) * (ours - Tensor(pull))).sum().backward()
        adam.step(0.05)
        other.zero_grad()
        ((theirs - torch.from_numpy(pull)) ** 2).sum().backward()
        other.step()
    np.testing.assert_allclose(ours.data, theirs.detach().numpy(), rtol=1e-4, atol=1e-5)


def test_whole_numbers_become_float32_and_float64_stays() -> None:
    assert Tensor([1, 2]).data.dtype == np.float32
    assert (Tensor(np.ones(2)) + 1.0).data.dtype == np.float64
    assert repr(
        Tensor([1.0], requires_grad=True)
    ) == "<Tensor (1,) float32, requires_grad>".replace("float32", str(Tensor([1.0]).data.dtype))


def test_gradients_add_up_over_calls_and_only_where_asked() -> None:
    x, y = Tensor([2.0], requires_grad=True), Tensor([3.0])
    between = x * y
    between.sum().backward()
    between.sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [6.0]
    assert y.grad is None
    assert between.grad is None


def test_a_long_chain_ends() -> None:
    x = Tensor([1.0], requires_grad=True)
    y = x
    for _ in range(5_000):
        y = y + 1.0
    y.sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [1.0]


def _image(*shape: int) -> Tensor:
    return Tensor(np.zeros(shape))


REFUSED: dict[str, Callable[[], object]] = {
    "gradient of many numbers": lambda: Tensor([1.0, 2.0], requires_grad=True).backward(),
    "gradient of nothing": lambda: Tensor([1.0]).backward(),
    "sizes that do not fit": lambda: Tensor([1.0, 2.0]) + Tensor([1.0, 2.0, 3.0]),
    "a product that does not fit": lambda: _image(2, 3) @ _image(4, 2),
    "a bias that does not fit": lambda: linear(_image(2, 3), _image(3, 4), _image(3)),
    "stacks that do not fit": lambda: _image(2, 3, 4) @ _image(3, 4, 2),
    "a product of vectors": lambda: _image(2) @ _image(2),
    "a shape of another size": lambda: _image(2, 3).reshape(4, 2),
    "a row that is not there": lambda: gather(_image(2, 3), np.array([2])),
    "a class that is not there": lambda: cross_entropy(_image(1, 3), np.array([3])),
    "too few targets": lambda: cross_entropy(_image(2, 3), np.array([1])),
    "a kernel larger than images": lambda: conv2d(_image(1, 2, 2, 1), _image(3, 3, 1, 1)),
    "a kernel of other channels": lambda: conv2d(_image(1, 4, 4, 1), _image(3, 3, 2, 1)),
    "a stride of 0": lambda: conv2d(_image(1, 4, 4, 1), _image(3, 3, 1, 1), 0),
    "a window of 0": lambda: max_pool2d(_image(1, 4, 4, 1), 0),
    "an image of three dimensions": lambda: avg_pool2d(_image(4, 4, 1), 2),
}


@pytest.mark.parametrize("what", REFUSED)
def test_bad_input_is_refused(what: str) -> None:
    with pytest.raises(ParameterError):
        REFUSED[what]()
