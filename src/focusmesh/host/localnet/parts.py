"""The processes of a localnet: how each is begun. A part is a node, its server, or the twin of a node."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from focusmesh.errors import FileError
from focusmesh.host.localnet.creation import VALIDATOR
from focusmesh.host.localnet.folder import HOST
from focusmesh.host.localnet.processes import MARK, PART

if TYPE_CHECKING:
    from focusmesh.host.localnet.desired_state import Wish
    from focusmesh.host.localnet.folder import NetFolder, NodePlan, Plan

PROGRAM = "from focusmesh.interface.cli import main; main()"
LYING = f"from focusmesh.host.localnet import lie; lie(); {PROGRAM}"
"""What a node is that commits to a false focus."""
SERVER = "server"
_SERVED = {"FOCUSMESH_SERVE_WRITES": "true"}
"""A localnet is for trying things: servers beside validators take signals. Older programs pass this over."""
TWIN = "twin"


class Part(NamedTuple):
    """``kind`` is "node", "server" or "twin"."""

    node: str
    kind: str

    @property
    def name(self) -> str:
        """``node-1`` for a node, ``node-1.server`` for what belongs to it."""
        return self.node if self.kind == "node" else f"{self.node}.{self.kind}"


def begin_part(folder: NetFolder, plan: Plan, part: Part, wish: Wish) -> subprocess.Popen[bytes]:
    """Begins a part, in a session of its own; it writes to its log. Raises OSError."""
    node = plan.node(part.node)
    arguments = _server(folder, node) if part.kind == SERVER else _node(folder, node, part.kind)
    program, where = interpreter(wish.program)
    code = LYING if wish.lies and part.kind != SERVER else PROGRAM
    with folder.log(part.name).open("ab") as log:
        return subprocess.Popen(
            [program, "-c", code, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            cwd=folder.path,
            env=environment(folder, part.name) | where | (_SERVED if part.kind == SERVER else {}),
        )


def interpreter(program: str) -> tuple[str, dict[str, str]]:
    """The Python that runs a release, and what is added to its environment.

    ``program``: a Python that has the release, a folder of its sources, which this Python runs, or nothing for what
    runs here.
    """
    if program and Path(program).is_dir():
        return sys.executable, {"PYTHONPATH": program}
    return program or sys.executable, {}


def old_release(where: str) -> str:
    """What ``interpreter`` takes for a release: a Python, or a folder of sources, the repository's too.

    Raises FileError where nothing of the kind is.
    """
    path = Path(where).absolute()
    for sources in (path, path / "src"):
        if (sources / "focusmesh" / "__init__.py").is_file():
            return str(sources)
    if path.is_file() and os.access(path, os.X_OK):
        return str(path)
    raise FileError(
        f"{where}: neither a Python nor a folder with the package focusmesh; "
        "`git archive COMMIT src | tar -x -C DIR` makes one"
    )


def environment(folder: NetFolder, part: str) -> dict[str, str]:
    """That of this process, less what is said to focusmesh there, and with the mark of the localnet."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FOCUSMESH_")}
    cache = {
        name: value for name, value in os.environ.items() if name.startswith("FOCUSMESH_CACHE")
    }
    # Who dies of a signal says where.
    marks = {MARK: str(folder.path), PART: part, "PYTHONFAULTHANDLER": "1"}
    return {**kept, **cache, **marks}


def twin_of(name: str) -> str:
    """The name of the folder of a node's twin."""
    return f"{name}.{TWIN}"


def _node(folder: NetFolder, node: NodePlan, kind: str) -> list[str]:
    is_twin = kind == TWIN
    ledger = folder.ledger(twin_of(node.name) if is_twin else node.name)
    listen = [f"--listen={HOST}:0"] if is_twin else [f"--listen={HOST}:{node.quic}"]
    told = [] if is_twin else [f"--address={HOST}:{node.relay}"]
    key = [f"--key={VALIDATOR}"] if node.votes else []
    # A twin is to contradict its other self: it is not to wait until what that may have voted is past.
    forgets = ["--forget-votes"] if is_twin else []
    return [
        *("node", "start", str(ledger.path), *listen, *told, *key, *forgets),
        f"--keys={folder.validator_keys(node.name)}",
        f"--passphrase-file={folder.passphrase}",
        f"--drill={folder.drill(node.name)}",
    ]


def _server(folder: NetFolder, node: NodePlan) -> list[str]:
    ledger = folder.ledger(node.name)
    return ["serve", str(ledger.path), f"--host={HOST}", f"--port={node.http}"]
