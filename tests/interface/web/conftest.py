"""A graph and a ledger, served by ``focusmesh serve``, and a browser that reads them."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

import focusmesh
from tests.conformance.npm import installed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Script: TypeAlias = dict[str, Any]
    Browse: TypeAlias = Callable[..., list[dict[str, Any]]]

PASSPHRASE = "correct horse battery staple"
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
def served(path: Path, *options: str, keys: Path | None = None) -> Iterator[str]:
    """The address at which a server answers for what is at ``path``."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    program = [sys.executable, "-c", "from focusmesh.interface.cli import main; main()"]
    environment = os.environ | {"FOCUSMESH_PASSPHRASE": PASSPHRASE, "FOCUSMESH_KEYS": str(keys)}
    command = [*program, "serve", str(path), "--port", str(port), *options]
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as server:
        try:
            subprocess.run(
                [*program, "serve", "--wait", address], check=True, capture_output=True, timeout=90
            )
            yield address
        finally:
            server.terminate()
            server.wait(30)


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a graph file."""
    path = tmp_path_factory.mktemp("served") / "coffee.focusmesh"
    sources, targets, relations = zip(*LINKS, strict=True)
    focusmesh.Graph.from_edges(sources, targets, relation=relations).save(path)
    with served(path) as address:
        yield address


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a ledger with a block a link, whose receipts are signed."""
    from typer.testing import CliRunner

    from focusmesh.interface.cli.application import application

    folder = tmp_path_factory.mktemp("served")
    keys = folder / "keys"
    environment = {"FOCUSMESH_PASSPHRASE": PASSPHRASE, "FOCUSMESH_KEYS": str(keys)}
    for words in ("keys new alice", f"node init {folder / 'sleep'} --key alice"):
        done = CliRunner().invoke(application, words.split(), env=environment)
        assert done.exit_code == 0, done.output
    graph = focusmesh.open(folder / "sleep", keys=keys, passphrase=PASSPHRASE)
    for source, target, relation in LINKS:
        graph.link(source, target, relation=relation)
    graph.close()
    with served(folder / "sleep", "--receipts-key", "alice", keys=keys) as address:
        yield address


@pytest.fixture(scope="session")
def browse() -> Browse:
    """Carries out scripts in a browser and says what each saw; see explore.mjs."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("programs missing: chromium")
    project = installed(Path(__file__).parent, "playwright-core, axe-core")

    def carry_out(*scripts: Script) -> list[dict[str, Any]]:
        done = subprocess.run(
            ["node", "explore.mjs"],
            cwd=project,
            input=json.dumps({"browser": program, "scripts": scripts}),
            capture_output=True,
            text=True,
            check=False,
            timeout=280,
        )
        assert done.returncode == 0, done.stderr
        found: list[dict[str, Any]] = json.loads(done.stdout)
        for one in found:
            assert "stuck" not in one, f"{one['stuck']}\n{one['shown']}"
            assert one["outside"] == []
        return found

    return carry_out
