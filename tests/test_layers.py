"""The layers hold, package by package, and the guards would notice a breach."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.tidy.imports import (
    compiler_imports,
    private_doors,
    socket_uses,
    undeclared,
    worldly_imports,
)
from tests.tidy.tree import ROOT, Source, sources

NOT_INSTALLED = {"cupy-cuda12x": "cupy"}
"""What no test environment has, and what it is imported as."""


def declared_modules() -> set[str]:
    """Import names of the packages that pyproject.toml declares, extras included."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    requirements = [*project["dependencies"], *(item for extra in extras for item in extra)]
    names = {re.split(r"[\[<>=!~ ;]", item)[0].lower() for item in requirements}
    installed = {
        module
        for module, distributions in packages_distributions().items()
        if names & {distribution.lower() for distribution in distributions}
    }
    return installed | {module for name, module in NOT_INSTALLED.items() if name in names}


def test_packages_meet_at_their_doors() -> None:
    assert private_doors(sources("src")) == []


def test_a_private_door_is_caught() -> None:
    tree = [
        Source.of(
            "src/focusmesh/engine/graph/__init__.py",
            "from focusmesh.engine.graph.names import Names\n",
        ),
        Source.of("src/focusmesh/engine/graph/names.py", ""),
        Source.of("src/focusmesh/engine/parallel.py", ""),
        Source.of("src/focusmesh/engine/focus/fine.py", "from focusmesh.engine import parallel\n"),
        Source.of(
            "src/focusmesh/engine/focus/good.py", "from focusmesh.engine.graph import Names\n"
        ),
        Source.of(
            "src/focusmesh/engine/focus/deep.py", "from focusmesh.engine.graph.names import Names\n"
        ),
        Source.of("src/focusmesh/engine/focus/side.py", "from ..graph import names\n"),
        Source.of("src/focusmesh/engine/grid/array/keys.py", ""),
        Source.of(
            "src/focusmesh/engine/grid/cube/a.py", "from focusmesh.engine.grid.array import Keys\n"
        ),
        Source.of(
            "src/focusmesh/engine/grid/cube/deep.py",
            "from focusmesh.engine.grid.array import keys\n",
        ),
    ]
    names = "focusmesh.engine.graph.names; go through focusmesh.engine.graph"
    keys = "focusmesh.engine.grid.array.keys; go through focusmesh.engine.grid.array"
    assert private_doors(tree) == [
        *(f"src/focusmesh/engine/focus/{name}.py:1 imports {names}" for name in ("deep", "side")),
        f"src/focusmesh/engine/grid/cube/deep.py:1 imports {keys}",
    ]


def test_only_declared_packages_are_imported() -> None:
    assert undeclared(sources("src"), declared_modules()) == []


def test_an_undeclared_package_is_caught() -> None:
    tree = [Source.of("src/focusmesh/a.py", "import json, numpy\nfrom torch import nn\n")]
    (complaint,) = undeclared(tree, {"numpy"})
    assert "a.py:2 imports torch.nn" in complaint


def test_time_chance_disk_and_net_come_from_the_world() -> None:
    assert worldly_imports(sources("src")) == []


def test_a_clock_of_ones_own_is_caught() -> None:
    tree = [
        Source.of(
            "src/focusmesh/kernel/block/a.py", "def act():\n    import time\n    import random\n"
        ),
        Source.of("src/focusmesh/protocol/b.py", "from os import environ\n"),
        Source.of(
            "src/focusmesh/protocol/c.py",
            "if TYPE_CHECKING:\n    from pathlib import Path\nelse:\n    from pathlib import Path\n",
        ),
        Source.of("src/focusmesh/kernel/state/store/lmdb.py", "import os\n"),
        Source.of("src/focusmesh/interface/a.py", "import time\n"),
    ]
    places = ["kernel/block/a.py:2", "kernel/block/a.py:3", "protocol/b.py:1", "protocol/c.py:4"]
    found = [complaint.split()[0] for complaint in worldly_imports(tree)]
    assert found == [f"src/focusmesh/{place}" for place in places]


def test_asyncio_stays_in_its_thread() -> None:
    assert socket_uses(sources("src")) == []


def test_a_way_out_of_the_thread_is_caught() -> None:
    body = "import asyncio\nasyncio.sleep(1)\nasyncio.to_thread(print)\nasyncio.run(main())\n"
    modules = ["kernel/replication/a", "protocol/transport/quic", "interface/a"]
    tree = [Source.of(f"src/focusmesh/{module}.py", body) for module in modules]
    found = [complaint.split()[0] for complaint in socket_uses(tree)]
    assert found == [f"src/focusmesh/kernel/replication/a.py:{line}" for line in (3, 4)]


def test_generators_of_ones_own_belong_to_simulations() -> None:
    modules = ["kernel/worlds/a", "protocol/sim/a", "kernel/block/a"]
    tree = [
        Source.of(f"src/focusmesh/{module}.py", "from random import Random\n") for module in modules
    ]
    assert len(worldly_imports(tree)) == 1


def test_the_compiler_has_one_door() -> None:
    assert compiler_imports(sources("src")) == []


def test_a_second_door_to_the_compiler_is_caught() -> None:
    tree = [Source.of("src/focusmesh/engine/a.py", "def act():\n    from numba import njit\n")]
    (complaint,) = compiler_imports(tree)
    assert "a.py:2" in complaint


@pytest.mark.parametrize(
    ("module", "imported", "kept"),
    [
        ("interface/a.py", "focusmesh.engine.b", True),
        ("engine/a.py", "focusmesh.errors", True),
        ("engine/a.py", "focusmesh.interface.b", False),
        ("engine/a.py", "focusmesh.protocol.b", False),
        ("errors.py", "focusmesh.engine.b", False),
        ("ids.py", "focusmesh.engine.b", False),
    ],
)
def test_the_layer_contract(tmp_path: Path, module: str, imported: str, kept: bool) -> None:
    """Run the real contract over a small tree that keeps or breaks it."""
    package = tmp_path / "focusmesh"
    for layer in ("interface", "engine", "protocol"):
        (package / layer).mkdir(parents=True)
        (package / layer / "__init__.py").touch()
        (package / layer / "b.py").touch()
    for leaf in ("__init__", "errors", "ids", "lazy"):
        (package / f"{leaf}.py").touch()
    (package / module).write_text(f"import {imported}\n", encoding="utf-8")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode == 0) == kept, done.stdout + done.stderr
