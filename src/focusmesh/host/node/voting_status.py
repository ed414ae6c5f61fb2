"""How a network whose validators agree stands, as a ledger and the node that runs on it say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from focusmesh.errors import InputError
from focusmesh.host.node.network_node import network_state
from focusmesh.host.storage import milliseconds, serving

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from focusmesh.host.storage import Folder
    from focusmesh.kernel.block import Chain


def validators_document(folder: Folder, chain: Chain) -> dict[str, Any]:
    """Who votes and who has a bond; what the running node says besides. Raises InputError where nobody votes."""
    from focusmesh.apps.validators import validators

    validator_set = chain.validator_set
    if validator_set is None:
        raise InputError(f"{folder.path}: one key makes its blocks, so it has no validators")
    with chain.state.at() as view:
        bonds = {record.key: record for record in validators(view)}
    state = _running(folder)
    present = None if state is None else set(state["voters"])
    items = []
    for key in dict.fromkeys([*validator_set.weights, *bonds]):
        bond, weight = bonds.get(key), validator_set.weight(key)
        items.append(
            {
                "key": key.hex(),
                "bond": 0 if bond is None else bond.bond,
                "delegated": 0 if bond is None else bond.delegated,
                "own_share": 0 if bond is None else round(bond.own_share, 6),
                "commission": 0 if bond is None else bond.commission,
                "weight": weight,
                "share": round(weight / validator_set.total, 6),
                "votes": weight > 0,
                "present": None if present is None else key.hex() in present,
                "jailed": bond is not None and bond.jailed,
                "jailed_until": 0 if bond is None else bond.jailed_until,
                "tombstoned": bond is not None and bond.tombstoned,
                "seen": 0 if bond is None else bond.seen,
            }
        )
    return {
        "agreement": chain.parameters.kind,
        "height": chain.height,
        "epoch": chain.epoch,
        "weight": validator_set.total,
        "items": items,
        "node": None if state is None else _node(state),
    }


def votes_here(folder: Folder) -> bool | None:
    """Whether the node of a folder votes; None where none runs, or it has not said so yet, or nobody votes."""
    state = _running(folder)
    return None if state is None else bool(state["votes"])


def _running(folder: Folder) -> dict[str, Any] | None:
    state = network_state(folder)
    is_running = state is not None and state["process"] == serving(folder) and "epoch" in state
    return state if is_running else None


def _node(state: dict[str, Any]) -> dict[str, Any]:
    decided = state["decided"]["time"]
    return {
        "round": state["round"],
        "votes": state["votes"],
        "present_share": round(state["weight_present"] / state["weight"], 6),
        "decided_ago_s": None if decided is None else round((milliseconds() - decided) / 1_000, 1),
        "finality_half_s": _half(state["finality"]["counts"]),
        "stage_means_s": _stage_means(state["finality"].get("stages", {})),
        "equivocations": state["equivocations"],
        "trouble": state["trouble"],
    }


def _stage_means(stages: Mapping[str, Any]) -> dict[str, float]:
    """The mean seconds of each stage; nothing of those that were never passed."""
    counts = {stage: sum(waits["counts"]) for stage, waits in stages.items()}
    return {
        stage: round(waits["seconds"] / counts[stage], 4)
        for stage, waits in stages.items()
        if counts[stage]
    }


def _half(counts: Sequence[int]) -> float | None:
    """The limit within which half of what was counted is; None where nothing was, or it is above all limits."""
    from focusmesh.kernel.node import FINALITY_BUCKETS

    passed = 0
    for limit, count in zip(FINALITY_BUCKETS, counts, strict=False):
        passed += count
        if passed and 2 * passed >= sum(counts):
            return limit
    return None
