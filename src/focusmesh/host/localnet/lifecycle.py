"""A localnet comes up, as far as it is not up already, and goes down with everything that belongs to it."""

from __future__ import annotations

import csv
import os
import random
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from focusmesh.errors import FileError, ParameterError
from focusmesh.host.localnet.commands import try_command
from focusmesh.host.localnet.creation import make_net
from focusmesh.host.localnet.desired_state import changed_wishes, read_wishes
from focusmesh.host.localnet.folder import USER
from focusmesh.host.localnet.parts import environment
from focusmesh.host.localnet.perturbations import undo_in
from focusmesh.host.localnet.processes import OsProcess, end, find_processes, have_ended, send
from focusmesh.host.localnet.status import heights, supervisor_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.host.localnet.folder import Agreement, NetFolder, Plan

UP_SECONDS = 180.0
_DOWN_SECONDS = 30.0
_SECONDS_BETWEEN_LOOKS = 0.1
_SUPERVISOR = "from focusmesh.host.localnet.supervisor import main; main()"
_SEED = 14


def bring_up(
    folder: NetFolder,
    nodes: int = 4,
    agreement: Agreement = "solo",
    links: int = 100,
    base_port: int | None = None,
    tell: Callable[[str], None] = lambda words: None,
) -> Plan:
    """Makes the network where there is none, begins what does not run, and returns when all nodes have blocks.

    One that is there stays what it is: what was asked for otherwise is refused. What was done to its nodes is undone.
    Raises ParameterError, FileError, also where it takes too long: the logs say why.
    """
    if folder.plan_file.is_file():
        plan = folder.plan()
        _verify_same(plan, nodes, agreement)
    else:
        plan = make_net(folder, nodes, agreement, links, base_port)
        tell(f"{folder.path}: made, {len(plan.nodes)} nodes")
    _undisturb(folder, plan)
    if supervisor_of(folder) is None:
        _supervise(folder)
    _until(lambda: len(heights(plan)) == len(plan.nodes), folder, "not all nodes answer")
    tell("all nodes answer")
    if not max(heights(plan).values()):
        _import(folder, plan)
    _until(lambda: _level(plan), folder, "not all nodes have come to one height")
    return plan


def bring_down(folder: NetFolder, *, keep: bool = False) -> int:
    """Ends every process that belongs to the network, whoever began it, and deletes its files unless they are kept.

    How many there were. Works after the supervisor was killed, and with nodes that are paused.
    """
    supervisor = supervisor_of(folder)
    found = find_processes(folder.path)
    if supervisor is not None:
        send(supervisor, signal.SIGTERM)
        send(supervisor, signal.SIGCONT)
        have_ended([supervisor], _DOWN_SECONDS)
    # What it began in the last moment, and all others where it was gone before.
    for _ in range(3):
        left = find_processes(folder.path)
        if not left:
            break
        end(left, _DOWN_SECONDS)
    if not keep:
        folder.remove()
    return len(found)


def _verify_same(plan: Plan, nodes: int, agreement: str) -> None:
    if len(plan.nodes) < nodes or plan.agreement != agreement:
        raise ParameterError(
            f"there is a network of {len(plan.nodes)} nodes that agree by {plan.agreement} here; "
            "`focusmesh localnet down` ends it"
        )


def _undisturb(folder: NetFolder, plan: Plan) -> None:
    """Whoever was killed or ended by itself is begun; faults are over."""
    from focusmesh.host.localnet.net_state import read_state
    from focusmesh.host.localnet.perturbations import LASTING
    from focusmesh.host.localnet.processes import is_alive

    state = read_state(folder)
    with changed_wishes(folder) as wishes:
        for node in plan.nodes:
            wish = wishes.of(node.name)
            for fault in LASTING:
                undo_in(wish, fault)
            part = state.parts.get(node.name)
            if part is not None and not is_alive(OsProcess(part.pid, part.started)):
                wish.generation = max(wish.generation, part.generation + 1)


def _supervise(folder: NetFolder) -> None:
    with folder.log("supervisor").open("ab") as log:
        child = subprocess.Popen(
            [sys.executable, "-c", _SUPERVISOR, str(folder.path)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            cwd=folder.path,
            env=environment(folder, "supervisor"),
        )
    _until(
        lambda: supervisor_of(folder) is not None or child.poll() is not None,
        folder,
        "the supervisor does not begin",
    )
    # It goes on without us; whoever waits for it is whoever it is left to.
    child.returncode = 0


def _import(folder: NetFolder, plan: Plan) -> None:
    """The first blocks: links that the user signs, left at the first node."""
    path = folder.path / "links.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("source", "target"))
        writer.writerows(some_links(plan.links))
    first = plan.nodes[0].name
    done = try_command(
        folder,
        [
            *("import", str(path), "--quiet", f"--ledger={folder.ledger(first).path}"),
            *(f"--keys={folder.keys}", f"--key={USER}", f"--passphrase-file={folder.passphrase}"),
        ],
        read_wishes(folder).of(first).program,
        UP_SECONDS + plan.links / 1_000,
    )
    if done.code:
        raise FileError(f"the first links: {done.said}")


def some_links(count: int) -> list[tuple[str, str]]:
    """Different links, the same for one count, between about a fifth as many particles; early ones have most."""
    drawn = random.Random(_SEED)
    particles = max(3, count // 5)
    while particles * (particles - 1) < count:
        particles += 1
    found: dict[tuple[str, str], None] = {}
    while len(found) < count:
        source, target = drawn.randrange(particles), int(particles * drawn.random() ** 2)
        if source != target:
            found[f"p{source}", f"p{target}"] = None
    return list(found)


def _level(plan: Plan) -> bool:
    found = heights(plan)
    return (
        len(found) == len(plan.nodes) and len(set(found.values())) == 1 and min(found.values()) > 0
    )


def _until(holds: Callable[[], bool], folder: NetFolder, otherwise: str) -> None:
    until = time.monotonic() + UP_SECONDS
    while not holds():
        if ended := _ended_node(folder):
            raise FileError(f"{ended} ended right after its start: {folder.log(ended)} says why")
        if time.monotonic() > until:
            raise FileError(f"{otherwise} after {UP_SECONDS:.0f} s; {folder.logs}{os.sep} says why")
        time.sleep(_SECONDS_BETWEEN_LOOKS)


def _ended_node(folder: NetFolder) -> str:
    """The name of a node that was to run, and ended by itself; empty where there is none."""
    from focusmesh.host.localnet.net_state import read_state

    plan, state, wishes = folder.plan(), read_state(folder), read_wishes(folder)
    for node in plan.nodes:
        part, wish = state.parts.get(node.name), wishes.of(node.name)
        if part is not None and part.ended and wish.runs and part.generation == wish.generation:
            return node.name
    return ""
