"""What is particular to solves by WebGPU: devices that offer little, guesses that are wrong, graphs that do not fit."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from focusmesh import FocusParams, Graph
from focusmesh.engine.focus.devices.backend import DEVICES, trouble_with
from focusmesh.engine.focus.solve.estimate import FOCUS
from focusmesh.engine.focus.wgpu import adapters
from focusmesh.engine.focus.wgpu.correction import NearCorrection, WgpuCorrection, WholeCorrection
from focusmesh.engine.focus.wgpu.operator import WgpuOperator
from focusmesh.engine.focus.wgpu.program import FocusProgram, source
from focusmesh.engine.focus.wgpu.solvers import solve_on_device
from focusmesh.engine.focus.wgpu.structure import WgpuStructure
from focusmesh.engine.support.wgpu import adapters as wgpu_adapters
from focusmesh.errors import CardError, ConvergenceError, MissingExtraError
from tests.engine.strategies import heavy_tailed, operator_of

if TYPE_CHECKING:
    from focusmesh.engine.focus import Focus

PARAMS = {
    "full": FocusParams(),
    "pagerank": FocusParams.pagerank(),
    "springs": FocusParams(diffusion=0.1, springs=0.8, heat=0.1, mu=0.2),
}
STANDARD = {
    "max-bind-groups": 4,
    "max-buffer-size": 1 << 28,
    "max-storage-buffer-binding-size": 1 << 27,
    "max-storage-buffers-per-shader-stage": 8,
    "max-compute-workgroup-storage-size": 16_384,
    "max-compute-invocations-per-workgroup": 256,
    "max-compute-workgroup-size-x": 256,
    "max-compute-workgroups-per-dimension": 65_535,
    "min-uniform-buffer-offset-alignment": 256,
    "min-storage-buffer-offset-alignment": 256,
}
"""What every device that has WebGPU offers, and need not offer more: https://www.w3.org/TR/webgpu/#limits."""


@pytest.fixture(autouse=True)
def _adapter(not_run: Any) -> None:
    missing = trouble_with(DEVICES["wgpu"]())
    if missing:
        not_run("no adapter for WebGPU", missing)


def some_graph(*, symmetric: bool = False, exponent: float = 0.0) -> Graph:
    """Heavy-tailed, with rows of more than 512 links, dangling particles and some without any link."""
    source, target, _ = heavy_tailed(2_000, 20_000, 11)
    if symmetric:
        source, target = np.append(source, target), np.append(target, source)
    weights = None
    if exponent:
        half = 10.0 ** np.random.default_rng(2).uniform(-exponent, exponent, 20_000)
        weights = np.resize(half, len(source))
    return Graph.from_edges(source, target, weights, particles=2_040)


def solved(
    graph: Graph, chosen: FocusParams, own: FocusProgram, tolerance: float = 1e-9
) -> tuple[WgpuOperator, float]:
    """A solve by that device, and its residual."""
    plain = operator_of(graph, chosen)
    held = WgpuStructure(own, graph.structure)
    operator = WgpuOperator(held, chosen, plain.flat_u, plain.flat_u0)
    residual, _ = solve_on_device(operator, None, tolerance)
    return operator, residual


def apart(graph: Graph, chosen: FocusParams, operator: WgpuOperator) -> float:
    """How far a solve is from one on the host that is finer by far."""
    host = graph.focus(chosen, 3e-11, backend="cpu")
    return float(np.abs(operator.scores() - host.scores[graph.structure.order]).sum())


@pytest.mark.parametrize("params", PARAMS.values(), ids=PARAMS)
@pytest.mark.parametrize("symmetric", [False, True], ids=["directed", "symmetric"])
@pytest.mark.parametrize("exponent", [0.0, 4.0], ids=["plain", "weighted"])
def test_it_is_the_focus_of_the_host(params: FocusParams, symmetric: bool, exponent: float) -> None:
    graph = some_graph(symmetric=symmetric, exponent=exponent)
    assert graph.structure.longest_row > 512
    operator, residual = solved(graph, params, adapters.program())
    bound = operator.bound(residual, 1.0)
    assert bound <= 1e-9
    assert apart(graph, params, operator) <= bound + 3e-11


def test_a_solve_begins_anew_where_another_ended() -> None:
    graph, params = some_graph(), FocusParams()
    operator, residual = solved(graph, params, adapters.program(), 1e-3)
    first = operator.scores()
    again, _ = solve_on_device(operator, None, 1e-3)
    assert again == residual
    assert np.array_equal(operator.scores(), first)


def test_a_device_that_offers_no_more_than_the_standard_asks_for() -> None:
    """The light mode: default limits, small workgroups, a tolerance that one guess reaches."""
    device = wgpu_adapters.adapter().request_device_sync(required_limits=STANDARD)
    assert {name: device.limits[name] for name in STANDARD} == STANDARD
    graph, params = some_graph(), FocusParams()
    operator, residual = solved(graph, params, FocusProgram(device, threads=64), tolerance=1e-3)
    bound = operator.bound(residual, 1.0)
    assert bound <= 1e-3
    assert apart(graph, params, operator) <= bound


SOURCE = files("focusmesh.engine.focus.wgpu") / "source"


def kernels() -> list[str]:
    """The texts of all kernels."""
    texts = (path.read_text(encoding="utf-8") for path in SOURCE.iterdir())
    return [text for text in texts if "@compute" in text]


def test_no_kernel_uses_more_buffers_than_the_standard_grants() -> None:
    counts = [text.count("@group(0)") for text in kernels()]
    assert len(counts) >= 20
    assert 1 <= min(counts) <= max(counts) <= STANDARD["max-storage-buffers-per-shader-stage"]


@pytest.mark.parametrize("threads", [32, 64, 128, 256])
def test_workgroups_of_any_size_make_the_same_image(threads: int) -> None:
    graph, params = some_graph(exponent=2.0), FocusParams()
    plain = operator_of(graph, params)
    images = []
    for own in (
        adapters.program(),
        FocusProgram(wgpu_adapters.adapter().request_device_sync(), threads),
    ):
        operator = WgpuOperator(
            WgpuStructure(own, graph.structure), params, plain.flat_u, plain.flat_u0
        )
        operator.hold(plain.u)
        images.append((operator.apply(), own.read(operator.image).tolist()))
    assert images[0] == images[1]


class Small(FocusProgram):
    """A device whose kernels may work on little at a time."""

    limit = 1 << 15

    @property
    def binding_bytes(self) -> int:
        return self.limit


@pytest.mark.parametrize("params", PARAMS.values(), ids=PARAMS)
def test_links_that_do_not_fit_one_buffer_lie_in_several(params: FocusParams) -> None:
    graph = some_graph(exponent=1.0)
    plain = operator_of(graph, params)
    images = []
    for limit in (1 << 27, 1 << 16):
        own = Small(wgpu_adapters.adapter().request_device_sync())
        own.limit = limit
        held = WgpuStructure(own, graph.structure)
        parts = len(held.inward.sums("real", (held.by, held.by)))
        # Vectors of particles are not parted.
        own.limit = 1 << 27
        operator = WgpuOperator(held, params, plain.flat_u, plain.flat_u0)
        operator.hold(plain.u)
        images.append((operator.apply(), own.read(operator.image).tolist(), parts))
    assert images[0][:2] == images[1][:2]
    assert images[1][2] > images[0][2]


def test_vectors_that_do_not_fit_are_refused_with_figures() -> None:
    graph = some_graph()
    own = Small(wgpu_adapters.adapter().request_device_sync())
    with pytest.raises(CardError, match=r'GiB, and a kernel on this device.*backend="cpu"'):
        solved(graph, FocusParams(), own)


@pytest.mark.parametrize("params", PARAMS.values(), ids=PARAMS)
@pytest.mark.parametrize("exponent", [0.0, 1.0], ids=["plain", "float64"])
def test_memory_is_what_was_said_and_no_more(params: FocusParams, exponent: float) -> None:
    graph = some_graph(exponent=exponent)
    expected = DEVICES["wgpu"]().memory(FOCUS, graph.structure, params)
    report = graph.focus(params, backend="wgpu").report
    assert report is not None
    taken = report.card_bytes or 0
    assert 0.4 * expected.required_bytes < taken <= expected.required_bytes
    again = DEVICES["wgpu"]().memory(FOCUS, graph.structure, params)
    assert (again.held_bytes, again.working_bytes) == (0, expected.working_bytes)


@pytest.mark.parametrize("weights", [(1e-30, 1.0), (5e-324, 1.0), (1e-150, 1e200)])
def test_totals_too_far_apart_are_refused(weights: tuple[float, float]) -> None:
    """Also where the scale of the larger one makes the smaller one zero: its source is not one without links."""
    graph = Graph.from_edges([0, 1], [1, 0], weights)
    with pytest.raises(CardError, match=r'2\^63.*backend="cpu"'):
        graph.focus(backend="wgpu")


@pytest.mark.parametrize("scale", [1e-30, 1e-3, 1.0, 1e30])
def test_weights_may_be_small_or_large(scale: float) -> None:
    source, target, _ = heavy_tailed(300, 2_000, 5)
    weights = np.random.default_rng(3).uniform(1.0, 9.0, 2_000)
    there, here = (
        Graph.from_edges(source, target, weights * factor).focus(tolerance=1e-9, backend=backend)
        for factor, backend in ((scale, "wgpu"), (1.0, "cpu"))
    )
    assert np.abs(there.scores - here.scores).sum() <= there.bound + here.bound


def test_a_tolerance_that_63_bits_do_not_reach_is_refused_at_once() -> None:
    graph = Graph.from_edges([0, 1, 2], [1, 2, 0])
    with pytest.raises(ConvergenceError, match=r"can certify here"):
        graph.focus(tolerance=1e-15, backend="wgpu")


@pytest.mark.parametrize("wrong", ["noise", "nothing", "numbers that are none"])
def test_no_float_is_trusted(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Corrections that are wrong cost time, and never a bound: R in whole numbers tells what they are worth."""
    draws = np.random.default_rng(1)

    def solve(correction: WgpuCorrection, target: float, tell: Any) -> float:
        shape = correction.x.count, *correction.x.kind.shape
        noise = {"noise": draws.normal(size=shape), "nothing": np.zeros(shape)}
        made = noise.get(wrong, np.full(shape, np.nan)).astype(np.float32)
        correction.program.write(correction.x, made)
        return 1.0

    monkeypatch.setattr(WgpuCorrection, "solve", solve)
    graph, params = some_graph(), FocusParams(diffusion=1.0, springs=0.0, heat=0.0, alpha=0.5)
    operator, residual = solved(graph, params, adapters.program(), 1e-6)
    assert apart(graph, params, operator) <= operator.bound(residual, 1.0) <= 1e-6


def test_floats_that_were_trusted_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Must-fail twin: were the residual what the floats say of themselves, a wrong focus would pass."""
    monkeypatch.setattr(WholeCorrection, "defect", lambda _self, _norm, _tail: 0.0)
    graph, params = some_graph(), FocusParams.pagerank()
    plain = operator_of(graph, params)
    held = WgpuStructure(adapters.program(), graph.structure)
    operator = WgpuOperator(held, params, plain.flat_u, plain.flat_u0)
    correction = WholeCorrection(operator)
    correction.start(1.0)
    told = correction.solve(1e-9, lambda: None)
    operator.take(correction.value, correction.x)
    bound = operator.bound(operator.apply().residual, 1.0)
    assert told == 0.0
    assert bound > 1e-3
    assert apart(graph, params, operator) <= bound


def test_approximations_serve_where_they_are_near(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    for kind in (NearCorrection, WholeCorrection):
        old = kind.steps

        def steps(self: Any, old: Any = old) -> Any:
            made.append(type(self).__name__)
            return old(self)

        monkeypatch.setattr(kind, "steps", steps)
    for params in PARAMS.values():
        solved(some_graph(), params, adapters.program(), 1e-6)
    assert made == ["NearCorrection", "WholeCorrection", "WholeCorrection"]


def test_a_software_adapter_is_nothing_for_auto(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("focusmesh.engine.focus.wgpu.device.is_software", lambda: True)
    assert not DEVICES["wgpu"]().is_hardware()
    monkeypatch.setattr("focusmesh.engine.focus.devices.backend._CARD_FROM_AXONS", 1)
    monkeypatch.setitem(DEVICES, "cuda", DEVICES["wgpu"])
    assert some_graph().focus().backend in ("numpy", "numba")


def test_nothing_is_said_on_stderr(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    lines = (
        "from focusmesh import Graph",
        "Graph.from_edges([0], [1]).focus(backend='wgpu')",
        "import os; assert 'NODEVICE_SELECT' not in os.environ",
    )
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_threads_share_a_device() -> None:
    """What one thread queues is neither lost nor done twice when another sends it off."""
    graphs = [Graph.from_edges(*heavy_tailed(200, 1_000, seed)) for seed in range(4)]
    there: dict[tuple[int, int], Focus] = {}

    def work(number: int) -> None:
        for turn in range(5):
            params = FocusParams(alpha=0.2 + 0.1 * turn)
            there[number, turn] = graphs[number].focus(params, backend="wgpu")

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(len(graphs)) as threads:
            list(threads.map(work, range(len(graphs))))
    finally:
        sys.setswitchinterval(interval)
    for (number, _), focus in there.items():
        here = graphs[number].focus(focus.params, tolerance=1e-9, backend="cpu")
        assert 0 < focus.bound <= 1e-6
        assert np.abs(focus.scores - here.scores).sum() <= focus.bound + here.bound


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no forks")
def test_a_fork_is_refused_instead_of_waiting_for_ever() -> None:
    lines = (
        "import os",
        "from focusmesh import Graph",
        "from focusmesh.errors import CardError",
        "graph = Graph.from_edges([0], [1])",
        "graph.focus(backend='wgpu')",
        "process = os.fork()",
        "try:",
        "    Graph.from_edges([0, 1], [1, 2]).focus(backend='wgpu')",
        "except CardError as error:",
        "    if not process:",
        "        os._exit(3 if 'spawn' in str(error) else 4)",
        "    raise",
        "if not process:",
        "    os._exit(0)",
        "print(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))",
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", "\n".join(lines)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "3\n", "")


class Nothing:
    """A library that finds no adapter."""

    gpu: Any = None

    def enumerate_adapters_sync(self) -> list[Any]:
        return []


def test_without_an_adapter_or_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    graph, found = Graph.from_edges([0], [1]), Nothing()
    found.gpu = found
    wgpu_adapters.adapter.cache_clear()
    monkeypatch.setattr(wgpu_adapters, "library", lambda: found)
    with pytest.raises(CardError, match=r'driver for Vulkan.*backend="cpu"'):
        graph.focus(backend="wgpu")
    monkeypatch.undo()
    monkeypatch.setitem(sys.modules, "wgpu", None)
    with pytest.raises(MissingExtraError, match=r"focusmesh\[wgpu\]"):
        graph.focus(backend="wgpu")


def test_sources_name_what_they_are_made_of() -> None:
    assert source("short_rows<pair>").count("alias Value") == 1
    assert "fn main" in source("total")
