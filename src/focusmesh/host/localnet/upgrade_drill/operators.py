"""What the operators of the nodes do in a drill, each with its own node's command, key and release."""

from __future__ import annotations

import signal
import subprocess
import time
from typing import TYPE_CHECKING, Any, TypeVar

from focusmesh.errors import FileError
from focusmesh.host.localnet.commands import (
    SECONDS_BETWEEN_LOOKS,
    CommandResult,
    start_command,
    try_command,
    wait_until,
)
from focusmesh.host.localnet.creation import VALIDATOR
from focusmesh.host.localnet.desired_state import read_wishes
from focusmesh.host.localnet.net_state import read_state
from focusmesh.host.localnet.perturbations import perturb, undo, upgrade
from focusmesh.host.localnet.processes import OsProcess, is_alive, send
from focusmesh.host.localnet.status import height_at
from focusmesh.host.node import network_state
from focusmesh.host.storage import OpenedChain

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.host.localnet.folder import NetFolder
    from focusmesh.kernel.block import Chain

_ResultT = TypeVar("_ResultT")
SECONDS_MAX = 300.0
"""How long anything of a drill may take: a limit, not a measure."""
_HALFWAY_SECONDS = 0.5
_MAKE = """\
import sys
from pathlib import Path
from focusmesh.host.localnet import NetFolder, creation, make_net
creation.EPOCH_BLOCKS = int(sys.argv[2])
make_net(NetFolder(Path(sys.argv[1])), int(sys.argv[3]), "quorum", 1, None)
"""


class Operators:
    """The operators of a network's nodes."""

    def __init__(self, folder: NetFolder) -> None:
        self.folder = folder
        self.kills = 0

    def make(self, program: str, nodes: int, epoch_blocks: int) -> None:
        """A network as a release makes one, but with short epochs. Raises FileError."""
        words = [str(self.folder.path), str(epoch_blocks), str(nodes)]
        done = try_command(self.folder, words, program, code=_MAKE)
        if done.code:
            raise FileError(f"the old release makes no network: {done.said[-1_000:]}")

    def network(self, name: str, *words: str) -> CommandResult:
        """``focusmesh network`` of a node's release, with its ledger and its key."""
        return self.command(
            name,
            *("network", *words, f"--ledger={self.folder.ledger(name).path}", f"--key={VALIDATOR}"),
            f"--keys={self.folder.validator_keys(name)}",
            f"--passphrase-file={self.folder.passphrase}",
            "--quiet",
        )

    def command(self, name: str, *words: str) -> CommandResult:
        """A command of the release that runs a node."""
        return try_command(self.folder, words, read_wishes(self.folder).of(name).program)

    def kill(self, *names: str) -> None:
        """Ends nodes at once, as a loss of power does, and begins them again."""
        for name in names:
            perturb(self.folder, name, "kill", None)
            self.kills += 1
        for name in names:
            undo(self.folder, name)
        wait_until(lambda: all(map(self.runs, names)), f"{', '.join(names)} are not begun again")

    def upgrade(self, name: str) -> None:
        """Kills a node, brings its store to this release, is killed at that, does it again, and begins it."""
        perturb(self.folder, name, "kill", None)
        child = start_command(
            self.folder, ["node", "upgrade", str(self.folder.ledger(name).path), "--quiet"]
        )
        try:
            child.wait(_HALFWAY_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
        child.communicate()
        self.kills += 2
        upgrade(self.folder, name)

    def kill_server(self, name: str) -> None:
        """Ends the server beside a node at once; the supervisor begins it again after some seconds."""
        part = read_state(self.folder).parts.get(f"{name}.server")
        if part is not None and send(OsProcess(part.pid, part.started), signal.SIGKILL):
            self.kills += 1

    def runs(self, name: str) -> bool:
        """Whether a node's process is there."""
        part = read_state(self.folder).parts.get(name)
        return part is not None and is_alive(OsProcess(part.pid, part.started))

    def exit_code(self, name: str) -> int | None:
        """What a node's process ended with by itself; None while it runs."""
        part = read_state(self.folder).parts.get(name)
        return None if part is None or not part.ended else part.code

    def ends(self, name: str) -> bool:
        """Whether a node ends by itself in time."""
        return holds_within(lambda: self.exit_code(name) is not None)

    def comes_to(self, name: str, height: int) -> bool:
        """Whether a node comes to a block in time."""
        return holds_within(lambda: self.height(name) >= height)

    def height(self, name: str) -> int:
        """The last block of a node; −1 where its server does not answer."""
        found = height_at(self.folder.plan().node(name).url)
        return -1 if found is None else found

    def read(self, name: str, question: Callable[[Chain], _ResultT]) -> _ResultT:
        """What the chain of a node says, read with this release beside the node that runs."""
        opened = OpenedChain.of(self.folder.ledger(name))
        try:
            return question(opened.reading())
        finally:
            opened.release()

    def trouble(self, name: str) -> str:
        """What keeps a node from going on, as it says itself."""
        said = network_state(self.folder.ledger(name)) or {}
        return str(said.get("trouble") or "")

    def log(self, name: str) -> str:
        """The end of what a node said."""
        path = self.folder.log(name)
        return path.read_text(errors="replace")[-4_000:] if path.is_file() else ""


def holds_within(holds: Callable[[], Any]) -> bool:
    """Whether something comes to hold within ``SECONDS_MAX``."""
    until = time.monotonic() + SECONDS_MAX
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(4 * SECONDS_BETWEEN_LOOKS)
    return True
