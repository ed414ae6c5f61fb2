"""Gauges of a network's node, from what the node says of itself: it is another process than the one that is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from focusmesh.kernel.node import FINALITY_BUCKETS, FINALITY_STAGES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from focusmesh.host.service import NetworkClock
    from focusmesh.host.storage import Folder

NETWORK_GAUGES = {
    "network_running": "Whether a node of a network runs on this ledger.",
    "network_trouble": "Whether the node says that something keeps it.",
    "network_peers": "Peers that are connected.",
    "network_target_height": "The greatest height that a peer speaks of.",
    "network_lag_blocks": "Blocks that the furthest peer has and this node does not have yet.",
    "network_waiting": "Signals that wait.",
    "network_pool_used": "How much of the room for signals of others is used, of 1.",
    "network_pool_refused": "Signals of others that found no room since it began.",
    "network_epoch": "Epoch of the validators.",
    "network_round": "Round of the validators.",
    "network_final_height": "Height of the last block that is final.",
    "network_decided_seconds": "How long ago the last block was decided.",
    "network_voters": "Validators that are present.",
    "network_weight": "Weight of all validators.",
    "network_weight_present": "Weight of those that are present.",
    "network_own_votes": "Votes of this node since it began.",
    "network_equivocations": "Validators that were seen to contradict themselves since it began.",
    "validators_jailed": "Validators that are kept from voting, for a while or for ever.",
    "network_sent_bytes": "Bytes sent to peers since it began.",
    "network_received_bytes": "Bytes that came from peers since it began.",
}
CLOCK_GAUGES = {
    "network_block_seconds": "How long ago the last block was made, by its own time.",
    "network_heartbeat_seconds": "An idle network makes a block so often.",
    "network_unknown_operations": "Changes that need operations or migrations that this release does not have.",
}
_NAMES = {
    "target": "network_target_height",
    "waiting": "network_waiting",
    "pool_used": "network_pool_used",
    "pool_refused": "network_pool_refused",
    "epoch": "network_epoch",
    "round": "network_round",
    "weight": "network_weight",
    "weight_present": "network_weight_present",
    "own_votes": "network_own_votes",
    "equivocations": "network_equivocations",
    "jailed": "validators_jailed",
    "sent_bytes": "network_sent_bytes",
    "received_bytes": "network_received_bytes",
}


def network_gauges(folder: Folder, now: float) -> dict[str, tuple[str, float]]:
    """Of ``NETWORK_GAUGES`` those that the node of a folder says: name → (words, value); none where it never was one.

    ``now`` is in seconds since 1970.
    """
    said = _said(folder)
    if said is None:
        return {}
    runs = bool(said)
    found: dict[str, float] = {"network_running": float(runs)}
    if runs:
        found["network_trouble"] = float(bool(said.get("trouble")))
        found |= {
            name: float(value)
            for field, name in _NAMES.items()
            if (value := _number(said.get(field))) is not None
        }
        target, height = _number(said.get("target")), _number(said.get("height"))
        if target is not None and height is not None:
            found["network_lag_blocks"] = max(0.0, target - height)
        decided = said.get("decided")
        found |= {
            f"network_{field}": float(len(said[field]))
            for field in ("peers", "voters")
            if isinstance(said.get(field), list)
        }
        if isinstance(decided, dict):
            found |= _decision_metrics(decided, now)
    return {name: (NETWORK_GAUGES[name], value) for name, value in found.items()}


def clock_gauges(clock: NetworkClock, now: float) -> dict[str, tuple[str, float]]:
    """``CLOCK_GAUGES`` of a ledger; of one whose rules cannot change the time of its last block alone."""
    found = {"network_block_seconds": max(0.0, now - clock.block_ms / 1_000)}
    if clock.heartbeat_ms:
        found["network_heartbeat_seconds"] = clock.heartbeat_ms / 1_000
        found["network_unknown_operations"] = float(clock.unknown)
    return {name: (CLOCK_GAUGES[name], value) for name, value in found.items()}


def finality_lines(folder: Folder) -> Iterator[str]:
    """Times from a signal's arrival to its decision, as histograms in Prometheus' form; nothing where none are kept.

    The second one is by stages.
    """
    times = (_said(folder) or {}).get("finality")
    if not isinstance(times, dict):
        return
    lines = list(_histogram("focusmesh_finality_seconds", times))
    if lines:
        what = "Time from a signal's being left at this node to its decision."
        yield from (*_heading("focusmesh_finality_seconds", what), *lines)
    stages, name = times.get("stages"), "focusmesh_finality_stage_seconds"
    if isinstance(stages, dict):
        lines = [
            line
            for stage in FINALITY_STAGES
            for line in _histogram(name, stages.get(stage), f'stage="{stage}"')
        ]
        if lines:
            yield from (*_heading(name, "The same time, by the stages of the way."), *lines)


def _heading(name: str, what: str) -> tuple[str, str]:
    return f"# HELP {name} {what}", f"# TYPE {name} histogram"


def _histogram(name: str, times: object, label: str = "") -> Iterator[str]:
    """Lines of one histogram; none where ``times`` are none."""
    counts = times.get("counts") if isinstance(times, dict) else None
    seconds = _number(times.get("seconds")) if isinstance(times, dict) else None
    if not isinstance(counts, list) or len(counts) != len(FINALITY_BUCKETS) + 1 or seconds is None:
        return
    first, alone = (f"{label},", f"{{{label}}}") if label else ("", "")
    seen = 0
    for end, count in zip((*FINALITY_BUCKETS, "+Inf"), counts, strict=True):
        seen += int(_number(count) or 0)
        yield f'{name}_bucket{{{first}le="{end}"}} {seen}'
    yield f"{name}_sum{alone} {seconds:.6f}"
    yield f"{name}_count{alone} {seen}"


def _said(folder: Folder) -> Mapping[str, Any] | None:
    """What the node says that runs now; nothing where it does not run, None where it never was a network's."""
    from focusmesh.host.node import network_state
    from focusmesh.host.storage import serving

    state = network_state(folder)
    if state is None:
        return None
    return state if state.get("process") == serving(folder) else {}


def _decision_metrics(decided: Mapping[str, Any], now: float) -> dict[str, float]:
    height, when = _number(decided.get("height")), _number(decided.get("time"))
    found = {} if height is None else {"network_final_height": float(height)}
    return (
        found if when is None else found | {"network_decided_seconds": max(0.0, now - when / 1_000)}
    )


def _number(value: object) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
