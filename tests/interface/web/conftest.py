"""A graph and a ledger, served by ``focusmesh serve``, and a browser that reads them."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import pytest

import focusmesh
from focusmesh.host.grid import create_grid
from focusmesh.host.settings import GridSettings
from tests.conformance.npm import installed
from tests.conftest import ROOT
from tests.host.grids import SHAPE, filled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Script: TypeAlias = dict[str, Any]
    Browse: TypeAlias = Callable[..., list[dict[str, Any]]]

PASSPHRASE = "correct horse battery staple"
SECONDS_MAX = 280
LINKS = [
    ("espresso", "coffee", "is a"),
    ("filter coffee", "coffee", "is a"),
    ("coffee", "caffeine", "contains"),
    ("tea", "caffeine", "contains"),
    ("caffeine", "sleep", "disturbs"),
    ("caffeine", "adenosine", "blocks"),
    ("adenosine", "sleep", "brings"),
    ("melatonin", "sleep", "brings"),
    ("daylight", "melatonin", "lowers"),
    ("sleep", "memory", "strengthens"),
    ("exercise", "sleep", "deepens"),
    ("exercise", "memory", "strengthens"),
]


@contextmanager
def served(
    path: Path, *options: str, keys: Path | None = None, by: tuple[str, ...] = ("serve",)
) -> Iterator[str]:
    """The address at which a server answers for what is at ``path``; ``by`` which command."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    program = [sys.executable, "-c", "from focusmesh.interface.cli import main; main()"]
    environment = os.environ | {"FOCUSMESH_PASSPHRASE": PASSPHRASE, "FOCUSMESH_KEYS": str(keys)}
    command = [*program, *by, str(path), "--port", str(port), *options]
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as server:
        try:
            subprocess.run(
                [*program, "serve", "--wait", address], check=True, capture_output=True, timeout=90
            )
            yield address
        finally:
            server.terminate()
            server.wait(30)


@pytest.fixture(scope="session")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a graph file."""
    path = tmp_path_factory.mktemp("served") / "coffee.focusmesh"
    sources, targets, relations = zip(*LINKS, strict=True)
    focusmesh.Graph.from_edges(sources, targets, relation=relations).save(path)
    with served(path) as address:
        yield address


@pytest.fixture(scope="session")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a ledger with a block a link, whose receipts are signed."""
    keys, path = ledger_in(tmp_path_factory.mktemp("served"))
    link(path, keys, LINKS)
    with served(path, "--receipts-key", "alice", keys=keys) as address:
        yield address


@pytest.fixture(scope="module")
def grid(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a small grid, which has planes of blocks besides its cubes."""
    path = tmp_path_factory.mktemp("served") / "cells"
    kept = filled(create_grid(GridSettings(store=str(path)), SHAPE))
    for plane, index in (("z", 0), ("x", 8)):
        kept.grid.interlock("activate", plane, index)
    kept.grid.array.set_many([(x, 3, 0) for x in range(SHAPE[0])], value=range(SHAPE[0]))
    kept.commit("planes")
    kept.close()
    with served(path, by=("grid", "serve")) as address:
        yield address


class Growing(NamedTuple):
    """A served ledger that ranks by diffusion alone, and the command that puts a link into it."""

    address: str
    path: Path
    keys: Path

    def linked(self, source: str, target: str) -> list[object]:
        """A step of a reader during which somebody else links."""
        program = (
            "from pathlib import Path; from tests.interface.web.conftest import link; "
            f"link(Path({str(self.path)!r}), Path({str(self.keys)!r}), [({source!r}, {target!r}, 'is')])"
        )
        words = ["-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); {program}"]
        return ["command", [sys.executable, *words]]


@pytest.fixture
def growing(tmp_path: Path) -> Iterator[Growing]:
    """A ledger in which nothing is linked yet."""
    keys, path = ledger_in(tmp_path, "--diffusion", "1", "--springs", "0", "--heat", "0")
    with served(path, "--receipts-key", "alice", keys=keys) as address:
        yield Growing(address, path, keys)


def ledger_in(folder: Path, *options: str) -> tuple[Path, Path]:
    """The keys and the ledger that are made in a folder."""
    from typer.testing import CliRunner

    from focusmesh.interface.cli.application import application

    keys, path = folder / "keys", folder / "sleep"
    environment = {"FOCUSMESH_PASSPHRASE": PASSPHRASE, "FOCUSMESH_KEYS": str(keys)}
    made = ["node", "init", str(path), "--key", "alice", *options]
    for words in (["keys", "new", "alice"], made):
        done = CliRunner().invoke(application, words, env=environment)
        assert done.exit_code == 0, done.output
    return keys, path


def link(path: Path, keys: Path, links: list[tuple[str, str, str]]) -> None:
    """A block a link."""
    graph = focusmesh.open(path, keys=keys, passphrase=PASSPHRASE)
    for source, target, relation in links:
        graph.link(source, target, relation=relation)
    graph.close()


@pytest.fixture(scope="session")
def browse() -> Iterator[Browse]:
    """Carries out scripts in one browser and says what each saw; see explore.mjs."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("programs missing: chromium")
    project = installed(Path(__file__).parent, "playwright-core, axe-core")
    with subprocess.Popen(
        ["node", "explore.mjs", program],
        cwd=project,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as explorer:
        yield partial(carry_out, explorer)


def carry_out(explorer: subprocess.Popen[str], *scripts: Script) -> list[dict[str, Any]]:
    """What each script saw; a browser that answers nothing for minutes is ended."""
    assert explorer.stdin is not None
    assert explorer.stdout is not None
    explorer.stdin.write(f"{json.dumps(scripts)}\n")
    explorer.stdin.flush()
    ending = Timer(SECONDS_MAX, explorer.kill)
    ending.start()
    line = explorer.stdout.readline()
    ending.cancel()
    assert line, "the browser ended without an answer"
    found: list[dict[str, Any]] = json.loads(line)
    for one in found:
        assert "stuck" not in one, f"{one['stuck']}\n{one['shown']}"
        assert one["outside"] == []
    return found
