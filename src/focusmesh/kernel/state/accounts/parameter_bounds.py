"""Which parameters votes can change, between which limits, and how far within any time in which stake is bound.

A value may be at most ``factor`` times the least, and at least a ``factor``-th of the largest, of those that held in
the window: steps are summed, so nobody gets further by many small ones.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from focusmesh.errors import CertificateError, CodecError, ParameterError
from focusmesh.kernel.state.accounts.agreement import VALIDATORS_MOST
from focusmesh.kernel.state.accounts.bounds import Bound
from focusmesh.kernel.state.accounts.fee_rules import FEE_BOUNDS
from focusmesh.kernel.state.accounts.order_rules import ORDER_BOUNDS
from focusmesh.kernel.state.accounts.parameters import (
    PAYING_RULES,
    SIZE_MAX,
    VERSION_CHANGING,
    VERSION_PAYING,
)
from focusmesh.kernel.state.accounts.staking_rules import STAKING_BOUNDS
from focusmesh.protocol.codec import decode
from focusmesh.protocol.signal import AMOUNT_MAX, OPERATIONS_MAX, SIGNAL_BYTES_MAX

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from focusmesh.kernel.state.accounts.parameters import Parameters

SOLO_WINDOW_MS = 21 * 86_400_000
"""The window of steps where nobody's stake is bound: as long as the default of ``unbonding_ms``."""
CHANGES_MAX = 32
"""So many parameters change by one proposal at most."""
ParameterValue: TypeAlias = int | tuple[int, ...]
_SCALE = 1 << 32
_YEAR_MS = 366 * 86_400_000
_INTERVAL_MOST = 1_000


FIRST_BOUNDS = {
    "link_burn": Bound(0, AMOUNT_MAX, 4),
    "bandwidth_stake": Bound(1, AMOUNT_MAX, 4),
    "bandwidth_blocks": Bound(1, 1 << 32, 4),
    "alpha": Bound(1, _SCALE - 1, 2),
    "diffusion": Bound(1, _SCALE, 2),
    "series": Bound(0, _SCALE, 2),
    "residual_limit": Bound(1, (1 << 62) - 1, 4),
    "focus_interval": Bound(1, _INTERVAL_MOST, 4),
    "operations_max": Bound(1, OPERATIONS_MAX, 4),
    "signal_bytes_max": Bound(1, SIGNAL_BYTES_MAX, 4),
    "block_bytes_max": Bound(1, SIZE_MAX, 4, grows=True),
    "blob_bytes_max": Bound(1, SIZE_MAX, 4),
    "agreement.epoch_blocks": Bound(1, 1 << 32, 4),
    "agreement.unbonding_ms": Bound(2, _YEAR_MS, 2),
    "agreement.trusting_ms": Bound(1, _YEAR_MS, 2),
    "agreement.bond_least": Bound(1, AMOUNT_MAX, 4),
    "agreement.voters_most": Bound(1, VALIDATORS_MOST, 2),
    "changes.epoch_ms": Bound(1, _YEAR_MS, 4),
    "changes.heartbeat_ms": Bound(1, _YEAR_MS, 4),
    "changes.change_epochs": Bound(1, 1_000, 4),
    "changes.change_deposit": Bound(0, AMOUNT_MAX, 10),
}
"""What ``propose_change/1`` can change, by dotted name. All else is as the genesis says for ever."""
BOUNDS = {
    **FIRST_BOUNDS,
    "version": Bound(VERSION_CHANGING, VERSION_PAYING, 2, grows=True),
    **FEE_BOUNDS,
    **STAKING_BOUNDS,
    **ORDER_BOUNDS,
}
"""What ``propose_change/2`` can change. A network of version 5 may set what comes with version 6 in the same change."""


def read_changes(
    data: bytes, known: Collection[str] = BOUNDS
) -> tuple[tuple[str, ParameterValue], ...]:
    """Names and values of a proposal, from the canonical bytes of ``[[name, value], …]``; none where there are none.

    Raises ParameterError for other bytes, unknown names, and names that come twice.
    """
    if not data:
        return ()
    try:
        read: list[tuple[str, int | tuple[int, ...]]] = msgspec.convert(
            decode(data, depth_max=3), list[tuple[str, int | tuple[int, ...]]]
        )
    except (CodecError, msgspec.ValidationError) as error:
        raise ParameterError(
            f"changes are the dag-cbor of [[name, value], …], these bytes are not: {error}"
        ) from error
    names = [name for name, _ in read]
    for name in names:
        if name not in known:
            raise ParameterError(f"no vote changes {name!r}; what can be: {', '.join(known)}")
    if len(set(names)) < len(names) or len(names) > CHANGES_MAX:
        raise ParameterError(f"at most {CHANGES_MAX} parameters change at once, each named once")
    return tuple(read)


def parameter_of(parameters: Parameters, name: str) -> ParameterValue | None:
    """The value of a dotted name; None where this network has nothing of the kind."""
    owner: object = parameters
    *path, last = name.split(".")
    for part in path:
        owner = getattr(owner, part)
    return None if owner is None else getattr(owner, last)


def window_ms(parameters: Parameters) -> int:
    """How long a value that was left counts in the steps after it."""
    agreement = parameters.agreement
    return SOLO_WINDOW_MS if agreement is None else agreement.unbonding_ms


def changed_parameters(
    parameters: Parameters,
    changes: Sequence[tuple[str, ParameterValue]],
    recent: Callable[[str], Sequence[ParameterValue]],
) -> Parameters:
    """The parameters with other values; ``recent`` gives those of a name that were left within the window.

    Raises ParameterError with the bound that a value is beyond, or the inequality that would not hold.
    """
    before, values = _at_version(parameters, changes, recent)
    fields: dict[str, dict[str, ParameterValue]] = defaultdict(dict)
    for name, value in values:
        current = parameter_of(before, name)
        if current is None:
            raise ParameterError(
                f"this network has no {name}: its parameters are of version {before.version}, and "
                f"{before.kind} decides its blocks"
            )
        _check_bound(name, value, (current, *recent(name)))
        owner, _, last = name.rpartition(".")
        fields[owner][last] = value
    # All at once: an inequality of two is held against both as they will be.
    own = {
        owner: msgspec.structs.replace(getattr(before, owner), **values)
        for owner, values in fields.items()
        if owner
    }
    try:
        changed = msgspec.structs.replace(before, **own, **fields[""])
    except CertificateError as error:
        raise ParameterError(str(error)) from error
    _check_trust(parameters, changed, recent("agreement.trusting_ms"))
    return changed


def _at_version(
    parameters: Parameters,
    changes: Sequence[tuple[str, ParameterValue]],
    recent: Callable[[str], Sequence[ParameterValue]],
) -> tuple[Parameters, list[tuple[str, ParameterValue]]]:
    """The parameters of the version that the changes name, with the rules that come with it; and all other changes."""
    others = [(name, value) for name, value in changes if name != "version"]
    versions = [value for name, value in changes if name == "version"]
    if not versions:
        return parameters, others
    (version,) = versions
    _check_bound("version", version, (parameters.version, *recent("version")))
    if version == parameters.version:
        return parameters, others
    new: dict[str, Any] = {name: form() for name, form in PAYING_RULES.items()}
    return msgspec.structs.replace(parameters, version=version, **new), others


def _check_bound(name: str, value: ParameterValue, held: Sequence[ParameterValue]) -> None:
    """Raises ParameterError for a value that is out of bounds, or too far from one of those ``held`` in the window."""
    bound = BOUNDS[name]
    if any(isinstance(value, int) != isinstance(each, int) for each in held):
        raise ParameterError(f"{name} is {'a number' if isinstance(held[0], int) else 'a list'}")
    for parts in zip_longest(*map(_parts, (value, *held)), fillvalue=0):
        new, *olds = parts
        if not bound.least <= new <= bound.most:
            raise ParameterError(f"{bound.least} ≤ {name} ≤ {bound.most}, and {new} is not")
        first, last = step_limits(bound, olds)
        if not first <= new <= last and new not in olds[:1]:
            raise ParameterError(
                f"{name} may lie between {first} and {last} now, for a step is at most {bound.factor} "
                f"times what held lately, all steps together; {new} is not"
            )


def step_limits(bound: Bound, held: Sequence[int]) -> tuple[int, int]:
    """Between what a value may lie now, by what ``held`` in the window, the present value among it."""
    least, most = max(min(held), 1), max(held)
    first = most if bound.grows else -(-most // bound.factor)
    return max(first, bound.least), min(least * bound.factor, bound.most)


def _parts(value: ParameterValue) -> tuple[int, ...]:
    return (value,) if isinstance(value, int) else value


def _check_trust(before: Parameters, after: Parameters, recent: Sequence[ParameterValue]) -> None:
    """Raises ParameterError where somebody would be trusted for longer than its stake is bound, before or after.

    ``recent``: values of ``trusting_ms`` that were left within the window. Whoever was away since goes by them still,
    and would believe validators who take their stake back by the shorter ``unbonding_ms`` meanwhile.
    """
    old, new = before.agreement, after.agreement
    if old is None or new is None:
        return
    lately = [each for each in recent if isinstance(each, int)]
    trusting = max(old.trusting_ms, new.trusting_ms, *lately)
    if trusting >= min(old.unbonding_ms, new.unbonding_ms):
        raise ParameterError(
            f"trusting_ms < unbonding_ms of lately, of before and of after: {trusting} and {old.unbonding_ms}, "
            f"{new.unbonding_ms}"
        )
