"""The grid runs on the processor: no library of an accelerator is imported, in the source or at run time."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.tidy.imports import imports
from tests.tidy.tree import Source, sources

ACCELERATORS = {
    *("cupy", "cupyx", "jax", "jaxlib", "mlx", "numba.cuda", "nvidia", "onnxruntime", "openvino"),
    *("pycuda", "pyopencl", "tensorflow", "tinygrad", "torch", "triton", "vulkan", "wgpu"),
}
FOLDERS = ("src/focusmesh/engine/grid", "src/focusmesh/apps/grid")

WORK = """
import importlib, json, pkgutil, sys
import numpy as np
import focusmesh.engine.grid
for module in pkgutil.walk_packages(focusmesh.engine.grid.__path__, "focusmesh.engine.grid."):
    importlib.import_module(module.name)
from focusmesh.engine.grid.array import BlockArray, process
from focusmesh.engine.grid.model import Model
array = BlockArray(10)
array.set(1, 1, 1, 65, model=1)
assert len(list(process(array, {1: Model.initial(text=b"AB").quantise()}, "z", 1))) == 1
print(json.dumps(sorted(sys.modules)))
"""


def accelerated(modules: list[str]) -> list[str]:
    parts = [(name, name.split(".")) for name in modules]
    return [
        name
        for name, words in parts
        if words[0] in ACCELERATORS or ".".join(words[:2]) in ACCELERATORS
    ]


def test_no_source_imports_an_accelerator() -> None:
    found = sources(*FOLDERS)
    assert len(found) > 20
    assert accelerated([name.name for source in found for name in imports(source)]) == []


def test_no_process_that_works_has_loaded_one() -> None:
    command = [sys.executable, "-c", WORK]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=100)
    loaded = json.loads(done.stdout)
    assert "focusmesh.engine.grid.model" in loaded
    # The compiler's own package has a folder for cards, whose front it loads itself; no driver.
    assert [name for name in accelerated(loaded) if not name.startswith("numba.cuda")] == []


def test_an_accelerator_is_caught() -> None:
    source = Source("src/focusmesh/engine/grid/a.py", "def act():\n    from torch import nn\n")
    assert accelerated([name.name for name in imports(source)]) == ["torch.nn"]
    assert accelerated(["numba.cuda.cudadrv", "numba.core"]) == ["numba.cuda.cudadrv"]
