"""How the server itself is: for supervisors, for Prometheus, for people who look."""

from __future__ import annotations

import time
from typing import Literal

import msgspec

from focusmesh.errors import FocusmeshError
from focusmesh.host.service import Moment
from focusmesh.interface.server.http.network_metrics import (
    CLOCK_GAUGES,
    NETWORK_GAUGES,
    clock_gauges,
    finality_lines,
    network_gauges,
)
from focusmesh.interface.server.http.parameters import TheServer
from focusmesh.interface.server.http.server import Server
from focusmesh.interface.server.shared import PROBLEMS, Response, get

TAGS = ["operation"]
PROMETHEUS = "text/plain; version=0.0.4"
GAUGES = (
    *("healthy", "synced", "converged", "particles", "axons", "bound", "height"),
    *("tip_height", "behind_seconds", "price"),
    *("promises_kept", "promises_broken", "promises_open"),
    *NETWORK_GAUGES,
    *CLOCK_GAUGES,
)


class Live(msgspec.Struct, frozen=True, kw_only=True):
    """The process answers."""

    alive: Literal[True] = True


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """``ok`` is all of: what is served can be read, it is ``synced`` (up to the last block), and ``converged``.

    ``synced``: what is served is the newest, or has been behind it no longer than ``limits.behind_seconds``;
    ``behind_seconds`` says how long. ``converged``: the bound on all scores is what was asked for, of the links of the
    last ranking. ``node``: whether one makes blocks, null for a graph file. ``tip`` is the height of the last block.
    """

    ok: bool
    alive: Literal[True] = True
    synced: bool
    converged: bool
    root: str | None = None
    height: int | None = None
    tip: int | None = None
    behind_seconds: float | None = None
    bound: float | None = None
    node: bool | None = None


@get("/health/live", tags=TAGS)
async def live() -> Live:
    """Whether the process answers: it does."""
    return Live()


@get("/health", tags=TAGS, responses=PROBLEMS)
async def health(server: TheServer) -> Response[Health]:
    """Whether all is well: 200, or 503 with what is not."""
    found = await server.watch(lambda: health_of(server))
    return Response(
        found, status_code=200 if found.ok else 503, headers={"Cache-Control": "no-store"}
    )


@get("/metrics", tags=TAGS, responses=PROBLEMS, media_type="text/plain")
async def metrics(server: TheServer) -> Response[str]:
    """Counts and times of answers, of all workers together, in Prometheus' format."""
    gauges, more = await server.watch(lambda: (gauges_of(server), _finality(server)))
    return Response(server.metrics.text(gauges) + more, media_type=PROMETHEUS)


def health_of(server: Server) -> Health:
    """How the server is, of the moment that it serves."""
    service = server.service
    moment = service.latest
    try:
        if moment is None:
            return Health(ok=False, synced=False, converged=False)
        status = service.status(moment)
        behind = service.behind(moment)
    except (FocusmeshError, OSError):
        return Health(ok=False, synced=False, converged=False)
    bound = _bound(moment)
    synced = behind <= server.settings.limits.behind_seconds
    converged = bound is not None and bound <= service.bound_max
    return Health(
        ok=synced and converged,
        synced=synced,
        converged=converged,
        root=moment.root,
        height=moment.height,
        tip=status.tip,
        behind_seconds=behind,
        bound=bound,
        node=service.ledger.signals.is_taken if service.kind == "ledger" else None,
    )


def _bound(moment: Moment) -> float | None:
    """That on all scores; None where there are none yet."""
    if not moment.graph.particle_count:
        return 0.0
    try:
        return moment.ranks.bound
    except FocusmeshError:  # a ledger whose blocks carry no focus yet
        return None


def gauges_of(server: Server) -> dict[str, tuple[str, float]]:
    """Of ``GAUGES``, those that there are now: name → (words, value)."""
    health, moment = health_of(server), server.service.latest
    gauges = {
        "healthy": ("Whether all is well.", float(health.ok)),
        "synced": ("Whether the last block is what is served.", float(health.synced)),
        "converged": ("Whether the bound is what was asked for.", float(health.converged)),
    }
    if moment is not None:
        gauges["particles"] = ("Particles.", float(moment.graph.particle_count))
        gauges["axons"] = ("Axons.", float(moment.graph.axon_count))
    if health.behind_seconds is not None:
        gauges["behind_seconds"] = ("How long there has been newer.", health.behind_seconds)
    if health.bound is not None:
        gauges["bound"] = ("Bound on the L1 error of all scores.", health.bound)
    if health.height is not None and health.tip is not None:
        gauges["height"] = ("Height of what is served.", float(health.height))
        gauges["tip_height"] = ("Height of the last block.", float(health.tip))
    if server.service.kind == "ledger":
        gauges |= network_gauges(server.service.ledger.folder, time.time())
        gauges |= clock_gauges(server.service.ledger.networks.clock(), time.time())
        gauges |= _promises(server)
        price = server.service.ledger.base_price()
        if price is not None:
            gauges["price"] = ("What a unit of a block costs, in base units.", float(price))
    return gauges


def _promises(server: Server) -> dict[str, tuple[str, float]]:
    """What became of the node's promises; nothing where it never took a signal."""
    counts = server.service.ledger.signals.promises()
    told = {} if counts is None else counts._asdict()
    words = {
        "kept": "Promises of a block for a signal that the node kept.",
        "broken": "Promises of a block for a signal that the node broke.",
        "open": "Promises of a block for a signal whose block is not there yet.",
    }
    return {f"promises_{name}": (words[name], float(count)) for name, count in told.items()}


def _finality(server: Server) -> str:
    """The histogram of a network's node, with the end of its last line."""
    if server.service.kind != "ledger":
        return ""
    return "".join(f"{line}\n" for line in finality_lines(server.service.ledger.folder))


OPERATION_ROUTES = [live, health, metrics]
