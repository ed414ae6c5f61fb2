"""Tensors beside NumPy and PyTorch, a step of training, and what a model takes to answer."""

from __future__ import annotations

import time
import tracemalloc
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.harness import Result, Row, Target, interleaved, ratio, summary
from benchmarks.peers.tensor_peers import TorchTrainer, load_torch, numpy_convolution
from focusmesh.engine.grid.model import Model, QuantisedModel, Trainer, TrainParams
from focusmesh.engine.grid.tensor import (
    Tensor,
    conv2d,
    gelu,
    max_pool2d,
    rms_norm,
    softmax,
)
from focusmesh.engine.support.parallel import cores, limited

if TYPE_CHECKING:
    from collections.abc import Callable

_STEP_MS, _REQUEST_MS, _MODEL_MB = 15.0, 100.0, 4.0
_TEXT = b"".join(b"%d: the sum of %d and %d\n" % (at, at * at % 97, at % 13) for at in range(9_000))
_WINDOW = _TEXT[1_000:1_032]
_BATCH = 256


def measure(quick: bool) -> Result:
    """Operations of training's sizes and of larger ones; steps of 32 windows of 64 bytes; forwards and requests."""
    result = Result("tensor")
    torch = load_torch(result)
    _operations(result, torch, 3 if quick else 15)
    _steps(result, torch, 5 if quick else 60)
    _answers(result, 20 if quick else 1_000)
    return result


def _operations(result: Result, torch: Any, rounds: int) -> None:
    """Forward and back of each, and the same forward in plain NumPy."""
    rows: list[Row] = []
    for name, given in _inputs().items():
        own = [Tensor(each, requires_grad=True) for each in given]
        turns: dict[str, Callable[[], float | None]] = {
            "forward": _timed(partial(_OWN[name], *map(Tensor, given))),
            "both": _timed(partial(_both, _OWN[name], own)),
            "numpy": _timed(partial(_NUMPY[name], *given)),
        }
        if torch is not None:
            theirs = [torch.from_numpy(each).requires_grad_() for each in given]
            forward = _torch_operation(torch, name)
            turns["torch"] = _timed(partial(_both, forward, theirs))
        best = {what: summary(times)[0] for what, times in interleaved(turns, rounds).items()}
        rows.append(
            {
                "operation": name,
                "forward_ms": _ms(best["forward"]),
                "NumPy_forward_ms": _ms(best["numpy"]),
                "with_gradients_ms": _ms(best["both"]),
                "PyTorch_ms": _ms(best.get("torch")),
                "PyTorch_over_ours": ratio(best.get("torch"), best["both"]),
            }
        )
    result.add("Operations, float32, best times", rows)


def _both(function: Callable[..., Any], given: list[Any]) -> None:
    """Forward, and the gradients of its sum."""
    function(*given).sum().backward()


def _inputs() -> dict[str, list[Any]]:
    random = np.random.default_rng(1)

    def drawn(*shape: int) -> Any:
        return random.standard_normal(shape, dtype=np.float32)

    return {
        "2048 × 16 @ 16 × 256": [drawn(2048, 16), drawn(16, 256)],
        "1024 × 1024 @ 1024 × 1024": [drawn(1024, 1024), drawn(1024, 1024)],
        "add 1024 × 1024": [drawn(1024, 1024), drawn(1024, 1024)],
        "gelu 1024 × 1024": [drawn(1024, 1024)],
        "softmax 2048 × 256": [drawn(2048, 256)],
        "rms norm 2048 × 256": [drawn(2048, 256), drawn(256)],
        "conv2d 16 × 64 × 64 × 8 by 3 × 3 × 8 × 16": [drawn(16, 64, 64, 8), drawn(3, 3, 8, 16)],
        "max pool 16 × 64 × 64 × 8 by 2 × 2": [drawn(16, 64, 64, 8)],
    }


def _numpy_gelu(x: Any) -> Any:
    return 0.5 * x * (1.0 + np.tanh(np.float32(0.7978845608) * (x + np.float32(0.044715) * x**3)))


def _numpy_softmax(x: Any) -> Any:
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def _numpy_norm(x: Any, gain: Any) -> Any:
    return x / np.sqrt((x * x).mean(axis=-1, keepdims=True) + np.float32(1e-5)) * gain


def _numpy_pool(x: Any) -> Any:
    return x.reshape(16, 32, 2, 32, 2, 8).max(axis=(2, 4))


def _by_name(*functions: Callable[..., Any]) -> dict[str, Callable[..., Any]]:
    return dict(zip(_inputs(), functions, strict=True))


_OWN = _by_name(
    lambda a, b: a @ b,
    lambda a, b: a @ b,
    lambda a, b: a + b,
    gelu,
    softmax,
    rms_norm,
    lambda a, b: conv2d(a, b, 1, 1),
    lambda a: max_pool2d(a, 2),
)
_NUMPY = _by_name(
    np.matmul,
    np.matmul,
    np.add,
    _numpy_gelu,
    _numpy_softmax,
    _numpy_norm,
    numpy_convolution,
    _numpy_pool,
)


def _torch_operation(torch: Any, name: str) -> Callable[..., Any]:
    functional = torch.nn.functional
    turned = (0, 3, 1, 2)
    return _by_name(
        torch.matmul,
        torch.matmul,
        torch.add,
        lambda x: functional.gelu(x, approximate="tanh"),
        lambda x: x.softmax(-1),
        lambda x, gain: functional.rms_norm(x, (256,), gain, 1e-5),
        lambda x, k: functional.conv2d(x.permute(turned), k.permute(3, 2, 0, 1), padding=1),
        lambda x: functional.max_pool2d(x.permute(turned), 2),
    )[name]


def _steps(result: Result, torch: Any, rounds: int) -> None:
    """A step of Adam on 32 windows of 64 bytes: gradients of all 12,656 numbers."""
    params = TrainParams(steps=10_000)
    own = Trainer(_TEXT, params)
    turns: dict[str, Callable[[], float | None]] = {"focusmesh, one thread": _alone(own.step)}
    if cores() > 1:
        turns[f"focusmesh, {cores()} threads"] = _timed(own.step)
    if torch is not None:
        theirs = TorchTrainer(torch, _TEXT, params)
        turns["PyTorch, one thread"] = _timed(partial(theirs.step, 1))
        turns[f"PyTorch, {cores()} threads"] = _timed(partial(theirs.step, cores()))
    times = interleaved(turns, rounds)
    median = summary(times["focusmesh, one thread"])[1]
    rows: list[Row] = [
        {
            "by": name,
            "best_ms": _ms(summary(each)[0]),
            "median_ms": _ms(summary(each)[1]),
            "times_ours": ratio(summary(each)[1], median),
        }
        for name, each in times.items()
    ]
    result.add("A step of training, 32 windows of 64 bytes", rows)
    result.samples |= {f"step of training, {name} (s)": each for name, each in times.items()}
    result.targets.append(Target("a training step, one thread", _STEP_MS, _ms(median), "ms"))


def _answers(result: Result, rounds: int) -> None:
    """A forward of 32 bytes; a request of 32 bytes in and 32 out; memory of a model."""
    model = Model.initial(1, _TEXT)
    rows: list[Row] = []
    for name, own in (("float32", model), ("int8", model.quantise())):
        acts: dict[str, Callable[[], object]] = {
            "forward": partial(own.forward, _WINDOW),
            "of a batch of 256": partial(own.forward_batch, [_WINDOW] * _BATCH),
            "request, 32 in and 32 out": partial(_request, own),
        }
        for what, act in acts.items():
            act()
            count = rounds if what == "forward" else max(3, rounds // 10)
            samples = sorted(filter(None, (_timed(act)() for _ in range(count))))
            each = _BATCH if what.startswith("of a batch") else 1
            rows.append(
                {
                    "what": what,
                    "weights": name,
                    "median_ms": 1e3 * samples[len(samples) // 2] / each,
                    "p99_ms": 1e3 * samples[int(0.99 * (len(samples) - 1))] / each,
                }
            )
            result.samples[f"{what}, {name} (s)"] = samples
            if what.startswith("request"):
                limit = Target(
                    f"a request, {name}", _REQUEST_MS, float(rows[-1]["p99_ms"] or 0), "ms"
                )
                result.targets.append(limit)
    result.add("What an answer takes, one thread", rows)
    _memory(result, model.to_bytes(), model.quantise().to_bytes())


def _request(model: Model | QuantisedModel) -> list[int]:
    return list(model.generate(_WINDOW, 32))


def _memory(result: Result, plain: bytes, small: bytes) -> None:
    rows: list[Row] = []
    kinds: dict[str, tuple[type[Model] | type[QuantisedModel], bytes]] = {
        "float32": (Model, plain),
        "int8": (QuantisedModel, small),
    }
    for name, (kind, data) in kinds.items():
        list(kind.from_bytes(data).generate(_WINDOW, 2))
        tracemalloc.start()
        held = kind.from_bytes(data)
        list(held.generate(_WINDOW, 32))
        peak = tracemalloc.get_traced_memory()[1] / 1e6
        tracemalloc.stop()
        rows.append({"weights": name, "file_KB": len(data) / 1e3, "peak_of_a_request_MB": peak})
        result.targets.append(Target(f"a model at work, {name}", _MODEL_MB, peak, "MB"))
    result.add("Memory of a model that answers (tracemalloc)", rows)


def _alone(act: Callable[[], object]) -> Callable[[], float]:
    def turn() -> float:
        with limited(1):
            return _timed(act)()

    return turn


def _timed(act: Callable[[], object]) -> Callable[[], float]:
    def turn() -> float:
        began = time.perf_counter()
        act()
        return time.perf_counter() - began

    return turn


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else 1e3 * seconds
