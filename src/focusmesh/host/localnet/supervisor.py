"""The process around a localnet: it has the relays and begins, pauses and ends the others until all is as wished."""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from focusmesh.host.localnet.desired_state import changed_wishes, due, read_wishes
from focusmesh.host.localnet.drills import Drill
from focusmesh.host.localnet.folder import NetFolder, write_whole
from focusmesh.host.localnet.net_state import PartState, read_state
from focusmesh.host.localnet.parts import SERVER, TWIN, Part, begin_part
from focusmesh.host.localnet.perturbations import undo_in
from focusmesh.host.localnet.processes import OsProcess, end, is_alive, is_stopped, send
from focusmesh.host.localnet.relay import Relay, Switches

if TYPE_CHECKING:
    import subprocess

    from focusmesh.host.localnet.desired_state import Wish, Wishes
    from focusmesh.host.localnet.folder import Plan

LOOK_SECONDS = 0.05
_GRACE_SECONDS = 20.0
_REST_SECONDS = 3.0
_COUNTS_SECONDS = 1.0


class Supervisor:
    """``run`` until SIGTERM, which ends everything. Killed, it leaves the others running, and the next one has them."""

    def __init__(self, folder: NetFolder) -> None:
        self._folder = folder
        self._state = read_state(folder)
        self._state.supervisor = os.getpid()
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._relays: dict[str, Relay] = {}
        self._switches = Switches()
        self._drills: dict[str, Drill] = {}
        self._ending_since: dict[OsProcess, float] = {}
        self._begun_at: dict[str, float] = {}
        self._told_at, self._said = 0.0, b""

    async def run(self) -> None:
        """Goes on until SIGTERM or SIGINT, or until the folder is gone; then everything ends."""
        loop, stop = asyncio.get_running_loop(), asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        try:
            # Whoever deletes the folder wants nothing of it to go on.
            while not stop.is_set() and self._folder.plan_file.is_file():
                plan = self._folder.plan()
                self._relay(plan)
                self._settle(plan, self._wishes())
                self._tell()
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), LOOK_SECONDS)
        except OSError:
            if self._folder.plan_file.is_file():
                raise
        finally:
            await self._end_all()

    async def _end_all(self) -> None:
        """Servers first: what they would say of ending nodes is of no interest."""
        for kind in (SERVER, TWIN, ""):
            parts = [each for name, each in self._state.parts.items() if name.endswith(kind)]
            alive = [OsProcess(each.pid, each.started) for each in parts]
            await asyncio.to_thread(end, alive, _GRACE_SECONDS)
        for child in self._children.values():
            child.wait()
        for relay in self._relays.values():
            relay.close()
        if self._folder.plan_file.is_file():
            self._tell()

    def _relay(self, plan: Plan) -> None:
        for node in plan.nodes:
            if node.name not in self._relays:
                relay = Relay(node.name, node.relay, node.quic, self._switches)
                self._relays[node.name] = relay
                self._switches.names[node.quic] = node.name

    def _wishes(self) -> Wishes:
        wishes = read_wishes(self._folder)
        if any(due(wish) for wish in wishes.nodes.values()):
            with changed_wishes(self._folder) as wishes:
                for wish in wishes.nodes.values():
                    for fault in due(wish):
                        undo_in(wish, fault)
        return wishes

    def _settle(self, plan: Plan, wishes: Wishes) -> None:
        """One step towards what is wished; nothing here takes long."""
        self._switches.cut = {name for name, wish in wishes.nodes.items() if wish.is_cut}
        for node in plan.nodes:
            wish = wishes.of(node.name)
            self._drill(node.name, wish)
            self._settle_part(plan, Part(node.name, "node"), wish, wish.runs)
            self._settle_part(plan, Part(node.name, SERVER), wish, runs=True)
            self._settle_part(plan, Part(node.name, TWIN), wish, wish.twin)

    def _settle_part(self, plan: Plan, part: Part, wish: Wish, runs: bool) -> None:
        state = self._state.parts.get(part.name)
        if state is not None and not state.ended:
            self._look_after(part, state)
        generation = {SERVER: wish.serves, TWIN: wish.twins}.get(part.kind, wish.generation)
        if state is None or state.ended:
            is_new = state is None or state.generation < generation
            if runs and (is_new or (part.kind == SERVER and self._is_rested(part.name))):
                self._begin(plan, part, wish, generation)
            return
        process = OsProcess(state.pid, state.started)
        if not runs or state.generation < generation:
            self._end(process, gently=runs or wish.gently)
        elif part.kind == "node" and wish.is_paused != is_stopped(process):
            send(process, signal.SIGSTOP if wish.is_paused else signal.SIGCONT)

    def _begin(self, plan: Plan, part: Part, wish: Wish, generation: int) -> None:
        child = begin_part(self._folder, plan, part, wish)
        process = OsProcess.of(child.pid) or OsProcess(child.pid, 0)
        self._children[part.name] = child
        self._state.parts[part.name] = PartState(
            pid=process.pid, started=process.started, generation=generation
        )
        self._begun_at[part.name] = time.monotonic()

    def _is_rested(self, name: str) -> bool:
        """A server that ends by itself is begun again, but not all the time."""
        return time.monotonic() - self._begun_at.get(name, -_REST_SECONDS) >= _REST_SECONDS

    def _end(self, process: OsProcess, *, gently: bool) -> None:
        """Sends what ends it; what does not end in time is killed."""
        since = self._ending_since.get(process)
        if since is None:
            self._ending_since[process] = time.monotonic()
            send(process, signal.SIGTERM if gently else signal.SIGKILL)
            send(process, signal.SIGCONT)
        elif time.monotonic() - since > _GRACE_SECONDS:
            send(process, signal.SIGKILL)

    def _look_after(self, part: Part, state: PartState) -> None:
        child = self._children.get(part.name)
        if child is not None:
            state.code = child.poll()
            state.ended = state.code is not None
        else:
            state.ended = not is_alive(OsProcess(state.pid, state.started))
        if state.ended:
            self._children.pop(part.name, None)

    def _drill(self, name: str, wish: Wish) -> None:
        drill = Drill(skew_ms=wish.skew_ms, slow_ms=wish.slow_ms, withhold=wish.withhold)
        if self._drills.get(name) != drill:
            write_whole(self._folder.drill(name), msgspec.json.encode(drill))
            self._drills[name] = drill

    def _tell(self) -> None:
        """Writes the state where it is another; what was passed on, once a second."""
        now = time.monotonic()
        if now - self._told_at > _COUNTS_SECONDS:
            self._state.passed, self._state.dropped = self._switches.passed, self._switches.dropped
            self._told_at = now
        said = msgspec.json.format(msgspec.json.encode(self._state))
        if said != self._said:
            write_whole(self._folder.state_file, said)
            self._said = said


def main() -> None:
    """The supervisor of the folder that the command line names, unless one runs already."""
    folder = NetFolder(Path(sys.argv[1]))
    with folder.lock.open("a+b", buffering=0) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        asyncio.run(Supervisor(folder).run())
