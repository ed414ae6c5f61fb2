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

from tests.tidy.cycles import LAYERS, module_circles, package_circles
from tests.tidy.folders import FLAT_MAX, PLACES, flat_folders
from tests.tidy.imports import (
    compiler_imports,
    private_doors,
    socket_uses,
    undeclared,
    worldly_imports,
)
from tests.tidy.tree import ROOT, Source, files, sources

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
        Source(
            "src/focusmesh/engine/graph/__init__.py",
            "from focusmesh.engine.graph.things import Names\n",
        ),
        Source("src/focusmesh/engine/graph/things.py", ""),
        Source("src/focusmesh/engine/support/parallel.py", ""),
        Source(
            "src/focusmesh/engine/focus/fine.py", "from focusmesh.engine.support import parallel\n"
        ),
        Source("src/focusmesh/engine/focus/good.py", "from focusmesh.engine.graph import Names\n"),
        Source(
            "src/focusmesh/engine/focus/deep.py",
            "from focusmesh.engine.graph.things import Names\n",
        ),
        Source("src/focusmesh/engine/focus/side.py", "from ..graph import things\n"),
        Source("src/focusmesh/engine/grid/array/keys.py", ""),
        Source(
            "src/focusmesh/engine/grid/cube/a.py", "from focusmesh.engine.grid.array import Keys\n"
        ),
        Source(
            "src/focusmesh/engine/grid/cube/deep.py",
            "from focusmesh.engine.grid.array import keys\n",
        ),
    ]
    names = "focusmesh.engine.graph.things; go through focusmesh.engine.graph"
    keys = "focusmesh.engine.grid.array.keys; go through focusmesh.engine.grid.array"
    assert private_doors(tree) == [
        *(f"src/focusmesh/engine/focus/{name}.py:1 imports {names}" for name in ("deep", "side")),
        f"src/focusmesh/engine/grid/cube/deep.py:1 imports {keys}",
    ]


def test_only_declared_packages_are_imported() -> None:
    assert undeclared(sources("src"), declared_modules()) == []


def test_an_undeclared_package_is_caught() -> None:
    tree = [Source("src/focusmesh/a.py", "import json, numpy\nfrom torch import nn\n")]
    (complaint,) = undeclared(tree, {"numpy"})
    assert "a.py:2 imports torch.nn" in complaint


def test_time_chance_disk_and_net_come_from_the_world() -> None:
    assert worldly_imports(sources("src")) == []


def test_a_clock_of_ones_own_is_caught() -> None:
    tree = [
        Source(
            "src/focusmesh/kernel/block/a.py", "def act():\n    import time\n    import random\n"
        ),
        Source("src/focusmesh/protocol/b.py", "from os import environ\n"),
        Source(
            "src/focusmesh/protocol/c.py",
            "if TYPE_CHECKING:\n    from pathlib import Path\nelse:\n    from pathlib import Path\n",
        ),
        Source("src/focusmesh/kernel/state/store/lmdb/lmdb_store.py", "import os\n"),
        Source("src/focusmesh/interface/a.py", "import time\n"),
    ]
    places = ["kernel/block/a.py:2", "kernel/block/a.py:3", "protocol/b.py:1", "protocol/c.py:4"]
    found = [complaint.split()[0] for complaint in worldly_imports(tree)]
    assert found == [f"src/focusmesh/{place}" for place in places]


def test_asyncio_stays_in_its_thread() -> None:
    assert socket_uses(sources("src")) == []


def test_a_way_out_of_the_thread_is_caught() -> None:
    body = "import asyncio\nasyncio.sleep(1)\nasyncio.to_thread(print)\nasyncio.run(main())\n"
    modules = ["kernel/node/a", "protocol/transport/quic/endpoint", "interface/a"]
    tree = [Source(f"src/focusmesh/{module}.py", body) for module in modules]
    found = [complaint.split()[0] for complaint in socket_uses(tree)]
    assert found == [f"src/focusmesh/kernel/node/a.py:{line}" for line in (3, 4)]


def test_generators_of_ones_own_belong_to_simulations() -> None:
    modules = ["kernel/simulation/a", "protocol/simulation/a", "kernel/block/a"]
    tree = [
        Source(f"src/focusmesh/{module}.py", "from random import Random\n") for module in modules
    ]
    assert len(worldly_imports(tree)) == 1


def test_the_compiler_has_one_door() -> None:
    assert compiler_imports(sources("src")) == []


def test_a_second_door_to_the_compiler_is_caught() -> None:
    tree = [Source("src/focusmesh/engine/a.py", "def act():\n    from numba import njit\n")]
    (complaint,) = compiler_imports(tree)
    assert "a.py:2" in complaint


ALLOWED = [
    ("interface.mcp", "import focusmesh.engine.links.b"),
    ("engine.graph", "import focusmesh.engine.focus.b, focusmesh.errors"),
    ("kernel.node", "import focusmesh.kernel.session.b"),
    ("host.service", "def act():\n    import focusmesh.host.storage.b"),
    ("interface.server.http", "import focusmesh.interface.server.shared.b"),
]
FORBIDDEN = [
    ("engine.links", "import focusmesh.interface.mcp.b"),
    ("engine.links", "import focusmesh.protocol.b"),
    ("errors", "import focusmesh.engine.links.b"),
    ("ids", "import focusmesh.engine.links.b"),
    ("kernel.state", "import focusmesh.host.node.b"),
    ("engine.focus", "def act():\n    import focusmesh.engine.graph.b"),
    ("engine.links", "if TYPE_CHECKING:\n    import focusmesh.engine.focus.b"),
    ("kernel.block", "def act():\n    import focusmesh.kernel.session.b"),
    ("kernel.runtime", "if TYPE_CHECKING:\n    import focusmesh.kernel.node.b"),
    ("kernel.consensus", "import focusmesh.kernel.state.b"),
    ("host.storage", "def act():\n    import focusmesh.host.service.b"),
    ("host.spool", "if TYPE_CHECKING:\n    import focusmesh.host.node.b"),
    ("host.light", "import focusmesh.host.monitor.b"),
    ("interface.server.process", "def act():\n    import focusmesh.interface.cli.shared.b"),
    ("interface.web", "if TYPE_CHECKING:\n    import focusmesh.interface.server.shared.b"),
    ("interface.mcp", "import focusmesh.interface.web.b"),
    ("interface.server.websocket", "def act():\n    import focusmesh.interface.server.http.b"),
    ("interface.server.shared", "if TYPE_CHECKING:\n    import focusmesh.interface.server.grpc.b"),
    ("interface.server.telemetry", "import focusmesh.interface.server.admission.b"),
    ("interface.cli.shared", "def act():\n    import focusmesh.interface.cli.ledger.b"),
    ("interface.cli.graph", "if TYPE_CHECKING:\n    import focusmesh.interface.cli.grid.b"),
    ("interface.cli.network", "import focusmesh.interface.cli.programs.b"),
]
"""Each in a module of its own; what is inside a function or for types counts as well."""


LADDERS = {"", "engine", "kernel", "host", "interface", "interface.server", "interface.cli"}
"""Packages of which a contract orders all that lies in them."""


def ordered() -> set[str]:
    """All packages that the contracts order, by what follows ``focusmesh``."""
    linter = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    found, containers = set[str](), set[str]()
    for contract in linter["importlinter"]["contracts"]:
        (container,) = contract["containers"]
        containers.add(container.removeprefix("focusmesh").removeprefix("."))
        names = [name.strip(" ()") for layer in contract["layers"] for name in layer.split("|")]
        found |= {f"{container}.{name}".removeprefix("focusmesh.") for name in names}
    assert containers == LADDERS
    return found


def broken(folder: Path, lines: list[tuple[str, str]], *more: str) -> tuple[set[str], str]:
    """Who breaks the real contracts in a small tree of their packages, ``more`` packages and these lines.

    Beside it all that the linter says.
    """
    package = folder / "focusmesh"
    for name in ("", *ordered(), *more):
        place = package.joinpath(*name.split("."))
        place.mkdir(parents=True, exist_ok=True)
        (place / "__init__.py").touch()
        if name not in LADDERS:
            (place / "b.py").touch()
    for number, (name, line) in enumerate(lines):
        text = f"from typing import TYPE_CHECKING\n{line}\n"
        package.joinpath(*name.split("."), f"a{number}.py").write_text(text, encoding="utf-8")
    shutil.copy(ROOT / "pyproject.toml", folder)
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    found = set(re.findall(r"focusmesh\.(\S+\.a\d+) -> ", said))
    assert (done.returncode != 0) == bool(found or more), said
    return found, said


def test_a_package_imports_what_is_below_it(tmp_path: Path) -> None:
    found, said = broken(tmp_path, ALLOWED)
    assert found == set(), said


def test_every_breach_of_a_ladder_is_caught(tmp_path: Path) -> None:
    found, said = broken(tmp_path, FORBIDDEN)
    assert found == {f"{name}.a{number}" for number, (name, _) in enumerate(FORBIDDEN)}, said


def test_a_package_that_no_ladder_has_is_caught(tmp_path: Path) -> None:
    names = {f"{container}.extra".removeprefix(".") for container in LADDERS}
    _, said = broken(tmp_path, [], *names)
    assert names <= set(re.findall(r"focusmesh\.(\S*extra)\b", said)), said


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert module_circles(sources("src"), LAYERS) == []


def test_no_packages_import_each_other_in_a_circle() -> None:
    assert package_circles(sources("src"), LAYERS) == []


def test_no_folder_is_flat() -> None:
    assert flat_folders(files()) == []


FOR_TYPES = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import focusmesh.engine."


def _tree(**texts: str) -> list[Source]:
    """Files of the engine by path, ``__`` for a slash, and the packages that they lie in."""
    paths = {name.replace("__", "/"): text for name, text in texts.items()}
    folders = {path.rpartition("/")[0] for path in paths if "/" in path}
    packages = {
        folder: Source(f"src/focusmesh/engine/{folder}/__init__.py", "") for folder in folders
    }
    files = [Source(f"src/focusmesh/engine/{path}.py", text) for path, text in paths.items()]
    return [*packages.values(), *files]


def test_a_circle_of_modules_is_caught() -> None:
    at = "import focusmesh.engine.links."
    straight = _tree(links__a=f"{at}b\n", links__b=f"{at}c\n", links__c="")
    assert module_circles(straight, LAYERS) == []
    lazily = _tree(links__a=f"{at}b\n", links__b=f"{at}c\n", links__c=f"def act():\n    {at}a\n")
    (complaint,) = module_circles(lazily, LAYERS)
    assert complaint.count("⇄") == 2


def test_a_circle_for_types_is_caught_between_folders_alone() -> None:
    beside = _tree(links__a="import focusmesh.engine.links.b\n", links__b=f"{FOR_TYPES}links.a\n")
    assert module_circles(beside, LAYERS) == []
    apart = _tree(links__a="import focusmesh.engine.focus.b\n", focus__b=f"{FOR_TYPES}links.a\n")
    (complaint,) = module_circles(apart, LAYERS)
    assert "for types" in complaint


@pytest.mark.parametrize("back", ["import focusmesh.engine.", FOR_TYPES])
@pytest.mark.parametrize("inside", ["", "focus__"])
def test_a_circle_of_packages_is_caught(back: str, inside: str) -> None:
    """No module of these is in a circle, the packages are; beside each other, or both within another."""
    within = inside.replace("__", ".")
    texts = {
        f"{inside}one__a": f"import focusmesh.engine.{within}two.a\n",
        f"{inside}one__b": "",
        f"{inside}two__a": "",
        f"{inside}two__b": f"{back}{within}one.b\n",
    }
    assert module_circles(_tree(**texts), LAYERS) == []
    (complaint,) = package_circles(_tree(**texts), LAYERS)
    assert f"focusmesh.engine.{within}one ⇄ focusmesh.engine.{within}two" in complaint
    assert package_circles(_tree(**texts | {f"{inside}two__b": ""}), LAYERS) == []


@pytest.mark.parametrize("place", PLACES)
def test_a_flat_folder_is_caught(place: str) -> None:
    full = [f"{place}links/m{number}.py" for number in range(FLAT_MAX)]
    beside = [f"{place}links/__init__.py", f"{place}links/data.json", f"{place}links/inner/a.ts"]
    assert flat_folders([*full, *beside]) == []
    (complaint,) = flat_folders([*full, f"{place}links/more.ts"])
    assert f"{place}links has {FLAT_MAX + 1} files" in complaint
