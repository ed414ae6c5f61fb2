"""How a localnet stands: what its processes, its nodes and their public API say."""

from __future__ import annotations

import fcntl
import json
import time
from http.client import HTTPException
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import msgspec

from focusmesh.host.localnet.desired_state import read_wishes
from focusmesh.host.localnet.net_state import read_state
from focusmesh.host.localnet.processes import OsProcess, is_alive, is_stopped
from focusmesh.host.node import network_state

if TYPE_CHECKING:
    from focusmesh.host.localnet.desired_state import Wish
    from focusmesh.host.localnet.folder import NetFolder, NodePlan, Plan
    from focusmesh.host.localnet.net_state import NetState

_SECONDS = 2.0


class NodeShown(msgspec.Struct, frozen=True, kw_only=True):
    """A node: ``state`` is "runs", "paused" or "ended"; ``faults`` are those that go on.

    ``height``, ``epoch``, ``round``, ``peers`` and ``trouble`` are what it says of itself; ``served`` is the height at
    its public API. ``decided_seconds`` is how long ago its last block was decided. None is what nobody says.
    """

    name: str
    url: str
    pid: int | None
    state: str
    faults: tuple[str, ...]
    height: int | None
    served: int | None
    epoch: int | None
    round: int | None
    peers: int | None
    trouble: str
    decided_seconds: float | None


def supervisor_of(folder: NetFolder) -> OsProcess | None:
    """The supervisor of a folder, if it runs."""
    try:
        with folder.lock.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return None
    except BlockingIOError:
        return OsProcess.of(read_state(folder).supervisor)
    except OSError:
        return None


def node_statuses(folder: NetFolder) -> list[NodeShown]:
    """All nodes of the plan."""
    state, wishes = read_state(folder), read_wishes(folder)
    return [_show_node(folder, node, state, wishes.of(node.name)) for node in folder.plan().nodes]


def heights(plan: Plan) -> dict[str, int]:
    """The heights of those nodes whose public API answers."""
    found = {node.name: height_at(node.url) for node in plan.nodes}
    return {name: height for name, height in found.items() if height is not None}


def height_at(url: str) -> int | None:
    """The height of the last block that a server has; None where it does not answer."""
    said = fetch_json(f"{url}/v1/status")
    tip = None if said is None else said.get("tip")
    return tip if isinstance(tip, int) else None


def fetch_json(url: str) -> dict[str, Any] | None:
    """The JSON object at a URL; None where there is none now."""
    try:
        with urlopen(url, timeout=_SECONDS) as answer:
            found: Any = json.load(answer)
    except (OSError, ValueError, HTTPException):
        return None
    return found if isinstance(found, dict) else None


def _show_node(folder: NetFolder, node: NodePlan, state: NetState, wish: Wish) -> NodeShown:
    part = state.parts.get(node.name)
    process = None if part is None else OsProcess(part.pid, part.started)
    runs = process is not None and is_alive(process)
    is_paused = runs and process is not None and is_stopped(process)
    said = network_state(folder.ledger(node.name)) or {}
    if not runs or process is None or said.get("process") != process.pid:
        said = {}
    trouble = str(said.get("trouble") or "")
    if part is not None and part.ended and wish.runs:
        trouble = f"ended with {part.code}: {folder.log(node.name)} says why"
    peers = said.get("peers")
    return NodeShown(
        name=node.name,
        url=node.url,
        pid=process.pid if runs and process is not None else None,
        state="paused" if is_paused else "runs" if runs else "ended",
        faults=_faults(wish),
        height=_number(said.get("height")),
        served=height_at(node.url),
        epoch=_number(said.get("epoch")),
        round=_number(said.get("round")),
        peers=len(peers) if isinstance(peers, list) else None,
        trouble=trouble,
        decided_seconds=_age(node, said),
    )


def _age(node: NodePlan, said: dict[str, Any]) -> float | None:
    decided = said.get("decided")
    when = decided.get("time") if isinstance(decided, dict) else None
    if not isinstance(when, int):
        page = fetch_json(f"{node.url}/v1/blocks?limit=1") or {}
        items = page.get("items") or [{}]
        when = items[0].get("time")
    return max(0.0, time.time() - when / 1_000) if isinstance(when, int) else None


def _faults(wish: Wish) -> tuple[str, ...]:
    named = {
        "kill": not wish.runs,
        "pause": wish.is_paused,
        "disconnect": wish.is_cut,
        "skew": wish.skew_ms,
        "slow-disk": wish.slow_ms,
        "withhold": wish.withhold,
        "equivocate": wish.twin,
    }
    return tuple(fault for fault, goes_on in named.items() if goes_on)


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None
