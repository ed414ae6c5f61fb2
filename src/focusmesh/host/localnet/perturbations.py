"""What can be done to a node of a localnet, and how it is undone; the supervisor does it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import msgspec

from focusmesh.errors import ParameterError
from focusmesh.host.localnet.commands import (
    SECONDS_BETWEEN_LOOKS,
    run_command,
    wait_until,
)
from focusmesh.host.localnet.creation import free_ports, introduce
from focusmesh.host.localnet.desired_state import changed_wishes
from focusmesh.host.localnet.folder import NodePlan
from focusmesh.host.localnet.net_state import read_state
from focusmesh.host.localnet.processes import OsProcess, is_alive
from focusmesh.host.localnet.status import height_at
from focusmesh.host.localnet.twins import make_twin, tempt
from focusmesh.host.node import node_key

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from focusmesh.host.localnet.desired_state import Wish
    from focusmesh.host.localnet.folder import NetFolder

FAULTS = {
    "kill": "ends it at once, as a loss of power does",
    "pause": "stops its process where it is",
    "resume": "lets a paused one go on",
    "restart": "ends it gently and begins it again; a dead one is begun",
    "disconnect": "drops every datagram to and from it",
    "reconnect": "passes them on again",
    "skew": "puts its clock wrong, by --by SECONDS (5)",
    "slow-disk": "makes every transaction of its store take --by SECONDS (0.2) longer",
    "equivocate": "runs a second process with its key, and gives both something to sign",
    "withhold": "gives nobody the bodies of its blocks, nor shares of them",
    "lie": "begins it anew as one that commits to a false focus; what two thirds decide so is for good",
    "late-join": "a new node: joins over the network and follows",
    "upgrade": "ends it, lifts its store to the format of today's program, and begins it again",
}
_BY = {"skew": 5.0, "slow-disk": 0.2}
LASTING = ("kill", "pause", "disconnect", "skew", "slow-disk", "equivocate", "withhold", "lie")
"""Faults that go on until they are undone, or for as long as is said."""


def perturb(
    folder: NetFolder, name: str, fault: str, seconds: float | None, by: float | None = None
) -> None:
    """Does it, and returns when it is done (not when it is over). Raises ParameterError, FileError.

    ``seconds`` is after how long a lasting fault is undone; a second fault of one kind takes the place of the first.
    """
    if fault not in FAULTS:
        raise ParameterError(f"there is no fault {fault!r}; there are {', '.join(FAULTS)}")
    if seconds is not None and fault not in LASTING:
        raise ParameterError(
            f"--for does not go with {fault}, which has no end of its own; it goes with {', '.join(LASTING)}"
        )
    if by is not None and fault not in _BY:
        raise ParameterError(f"--by goes only with {' or '.join(_BY)}")
    if fault == "late-join":
        join_late(folder, name)
        return
    node = folder.plan().node(name)
    if fault == "upgrade":
        upgrade(folder, node.name)
        return
    if fault == "equivocate":
        make_twin(folder, node)
    before = state_generation(folder, node.name)
    with changed_wishes(folder) as wishes:
        wish = wishes.of(node.name)
        _DO[fault](wish, _BY.get(fault, 0.0) if by is None else by)
        wish.over.pop(fault, None)
        if seconds is not None:
            wish.over[fault] = time.time() + seconds
    _wait_for(folder, node.name, fault, before)
    if fault == "equivocate":
        tempt(folder, node)


def undo(folder: NetFolder, name: str) -> None:
    """A node as it was before everything that was done to it."""
    node = folder.plan().node(name)
    with changed_wishes(folder) as wishes:
        wish = wishes.of(node.name)
        for fault in LASTING:
            undo_in(wish, fault)


def undo_in(wish: Wish, fault: str) -> None:
    """The wish without a fault."""
    wish.over.pop(fault, None)
    if fault == "kill" and not wish.runs:
        _restart(wish, 0.0)
    if fault == "lie" and wish.lies:
        wish.lies = False
        if wish.runs:
            _restart(wish, 0.0)
    undone: dict[str, dict[str, object]] = {
        "pause": {"is_paused": False},
        "disconnect": {"is_cut": False},
        "skew": {"skew_ms": 0},
        "slow-disk": {"slow_ms": 0},
        "withhold": {"withhold": False},
        "equivocate": {"twin": False},
    }
    for field, value in undone.get(fault, {}).items():
        setattr(wish, field, value)


def join_late(folder: NetFolder, name: str, program: str = "") -> None:
    """A node that was not there joins by its peers, and is run from then on, by the release that ``program`` names.

    Raises FileError, ParameterError.
    """
    plan = folder.plan()
    if any(node.name == name for node in plan.nodes) or not name.replace("-", "").isalnum():
        raise ParameterError(
            f"{name[:40]!r}: a node that joins late needs a new name of letters, digits and -"
        )
    ledger = folder.ledger(name)
    _join(folder, name, [node.contact for node in plan.nodes], plan.network, program)
    ((quic, relay, http),) = free_ports(1, None)
    key = node_key(ledger).public.hex()
    node = NodePlan(name=name, key=key, votes=False, quic=quic, relay=relay, http=http)
    new = msgspec.structs.replace(plan, nodes=(*plan.nodes, node))
    introduce(folder, new)
    with changed_wishes(folder) as wishes:
        wishes.of(name).program = program
    folder.keep_plan(new)
    wait_until(lambda: height_at(node.url) is not None, f"{name} does not answer")


def upgrade(folder: NetFolder, name: str, program: str = "") -> None:
    """Ends a node, lifts its store, begins it and its server again, with the release that ``program`` names."""
    with changed_wishes(folder) as wishes:
        wishes.of(name).runs, wishes.of(name).gently = False, True
    wait_until(lambda: not _runs(folder, name), f"{name} does not end")
    path = str(folder.ledger(name).path)
    run_command(folder, ["node", "upgrade", path, "--quiet"], program)
    with changed_wishes(folder) as wishes:
        wishes.of(name).program = program
        wishes.of(name).serves += 1
        _restart(wishes.of(name), 0.0)
    wait_until(lambda: _runs(folder, name), f"{name} is not begun again")


def state_generation(folder: NetFolder, part: str) -> int:
    """How often a part was begun anew; −1 where it never was."""
    state = read_state(folder).parts.get(part)
    return -1 if state is None else state.generation


def _restart(wish: Wish, _: float) -> None:
    wish.runs, wish.gently, wish.is_paused = True, True, False
    wish.generation += 1
    wish.over.pop("kill", None)


def _kill(wish: Wish, _: float) -> None:
    wish.runs, wish.gently = False, False


def _twin(wish: Wish, _: float) -> None:
    wish.twin = True
    wish.twins += 1


def _lie(wish: Wish, _: float) -> None:
    wish.lies = True
    _restart(wish, 0.0)


def _set(**values: object) -> Callable[[Wish, float], None]:
    def act(wish: Wish, _: float) -> None:
        for field, value in values.items():
            setattr(wish, field, value)

    return act


def _milliseconds(field: str) -> Callable[[Wish, float], None]:
    return lambda wish, by: setattr(wish, field, round(1_000 * by))


_DO: dict[str, Callable[[Wish, float], None]] = {
    "kill": _kill,
    "pause": _set(is_paused=True),
    "resume": _set(is_paused=False),
    "restart": _restart,
    "disconnect": _set(is_cut=True),
    "reconnect": _set(is_cut=False),
    "skew": _milliseconds("skew_ms"),
    "slow-disk": _milliseconds("slow_ms"),
    "equivocate": _twin,
    "withhold": _set(withhold=True),
    "lie": _lie,
}


def _wait_for(folder: NetFolder, name: str, fault: str, generation: int) -> None:
    """Until the supervisor has done it; what is read anew from files is done at once."""
    if fault == "kill":
        wait_until(lambda: not _runs(folder, name), f"{name} does not end")
    elif fault in ("restart", "lie"):
        wait_until(
            lambda: _runs(folder, name) and state_generation(folder, name) > generation,
            f"{name} is not begun again",
        )
    else:
        time.sleep(4 * SECONDS_BETWEEN_LOOKS)


def _join(
    folder: NetFolder, name: str, contacts: Sequence[str], network: str, program: str
) -> None:
    peers = [f"--peer={contact}#{network}" for contact in contacts]
    run_command(folder, ["node", "join", str(folder.ledger(name).path), *peers, "--quiet"], program)


def _runs(folder: NetFolder, part: str) -> bool:
    state = read_state(folder).parts.get(part)
    return state is not None and is_alive(OsProcess(state.pid, state.started))
