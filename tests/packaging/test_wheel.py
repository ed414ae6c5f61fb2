"""The wheel alone, in an empty environment, ranks a file: nothing undeclared, no compiler, no torch."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.tidy.tree import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.conftest import Measured

INSTALLED_BYTES_MAX = 500_000_000
SECONDS_MAX = 600
IMPORT_EVERYTHING = """
import importlib, pkgutil, sys, focusmesh
OWN = {
    ("grpc", "focusmesh.interface.server.grpc"),
    ("iroh", "focusmesh.protocol.transport.iroh"),
    ("ledger", "focusmesh.kernel.state.store"),
    ("ledger", "focusmesh.kernel.state.store.lmdb"),
    ("mcp", "focusmesh.interface.mcp"),
    ("iroh", "focusmesh.protocol.transport"),
    ("network", "focusmesh.protocol.transport"),
    ("network", "focusmesh.protocol.transport.quic"),
    ("serve", "focusmesh.interface.server.graphql"),
    ("serve", "focusmesh.interface.server.http"),
    ("serve", "focusmesh.interface.server.process"),
    ("serve", "focusmesh.interface.server.shared"),
    ("serve", "focusmesh.interface.server.websocket"),
    ("telemetry", "focusmesh.interface.server.telemetry"),
}
for module in pkgutil.walk_packages(focusmesh.__path__, "focusmesh."):
    if not module.name.endswith("__main__"):
        try:
            importlib.import_module(module.name)
        except focusmesh.errors.MissingExtraError as missing:
            package, _, last = module.name.rpartition(".")
            module_name = missing.extra.replace("-", "_")
            assert module_name == last or (missing.extra, package) in OWN, module.name
print(*sorted({name.split(".")[0] for name in sys.modules}))
"""


def run(command: Sequence[str | Path], environment: Mapping[str, str] = os.environ) -> str:
    """Standard output of a command that must succeed."""
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=dict(environment),
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )
    assert done.returncode == 0, f"{command} exits {done.returncode}:\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist and the wheel that is built from it."""
    folder = tmp_path_factory.mktemp("built")
    run([sys.executable, "-m", "build", "--no-isolation", "--outdir", folder])
    return folder


@pytest.fixture(scope="module")
def installed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel and its core dependencies, at the locked versions."""
    folder = tmp_path_factory.mktemp("installed")
    (wheel,) = built.glob("*.whl")
    constraints = folder / "constraints.txt"
    constraints.write_text(locked_versions(), encoding="utf-8")
    venv.create(folder / "venv", with_pip=False)
    install(folder / "venv", wheel, constraints)
    return folder / "venv"


def locked_versions() -> str:
    """The development lock without its hashes, so that it can constrain a local wheel."""
    lock = (ROOT / "requirements" / "dev.txt").read_text(encoding="utf-8")
    return "\n".join(re.findall(r"^[\w.-]+==[^\\\n]+", lock, re.MULTILINE))


def install(environment: Path, wheel: Path, constraints: Path) -> None:
    """Install from wheels only (so without a compiler): with uv, or with pip where uv reaches no index."""
    python = environment / "bin" / "python"
    options: list[str | Path] = ["--only-binary", ":all:", "--constraint", constraints, wheel]
    uv = Path(sys.executable).with_name("uv")
    try:
        run([uv, "pip", "install", "--quiet", "--python", python, *options])
    except (AssertionError, FileNotFoundError):
        run([sys.executable, "-m", "pip", "--python", python, "install", "--quiet", *options])


def bare(folder: Path, environment: Path) -> dict[str, str]:
    """An environment with an empty home and cache, and no program on PATH but the installed ones."""
    return {
        "PATH": str(environment / "bin"),
        "HOME": str(folder),
        "XDG_CACHE_HOME": str(folder / "cache"),
        "NUMBA_CACHE_DIR": str(folder / "numba"),
        "LANG": "C.UTF-8",
    }


def test_the_sdist_holds_what_a_builder_needs(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {"LICENSE", "Makefile", "README.md", "pyproject.toml", "requirements/dev.txt"}
    assert wanted | {"src/focusmesh/py.typed", "tests/packaging/test_wheel.py"} <= names
    assert not {name for name in names if "__pycache__" in name or name.startswith(".venv")}


def test_the_wheel_holds_the_package_alone(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "focusmesh/py.typed" in names
    assert {re.sub(r"-[\d.]+(dev\d+)?\.dist-info$", "", name.split("/")[0]) for name in names} == {
        "focusmesh"
    }
    assert [name for name in names if name.endswith("licenses/LICENSE")]


def test_rank_runs_from_the_wheel_alone(installed: Path, tmp_path: Path) -> None:
    edges = tmp_path / "edges.csv"
    edges.write_text("source,target\na,b\nb,c\nc,a\nd,a\n", encoding="utf-8")
    program = installed / "bin" / "focusmesh"
    printed = run([program, "rank", "--json", edges], environment=bare(tmp_path, installed))
    result = json.loads(printed)
    assert result["particles"] == 4
    assert result["items"][0]["particle"] == "a"
    assert result["bound"] <= 1e-6


def test_every_module_imports_without_extras(installed: Path, tmp_path: Path) -> None:
    command: list[str | Path] = [installed / "bin" / "python", "-c", IMPORT_EVERYTHING]
    loaded = run(command, environment=bare(tmp_path, installed)).split()
    assert "focusmesh" in loaded
    assert not {"torch", "matplotlib", "networkx", "arro3", "igraph"} & set(loaded)


def test_the_install_is_small(installed: Path, measured: Measured) -> None:
    size = sum(path.stat().st_size for path in (installed / "lib").rglob("*") if path.is_file())
    measured(
        f"installed size, core only: {size / 1e6:.0f} MB (limit {INSTALLED_BYTES_MAX / 1e6:.0f} MB)"
    )
    assert size <= INSTALLED_BYTES_MAX
    assert not list(installed.glob("lib/*/site-packages/torch"))
