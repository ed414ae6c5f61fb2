"""What parameters were until lately, so that steps are summed: below ``/kv/change/recent/`` ‖ name.

The dag-cbor of ``[[value, time], …]``: values that a change ended at ``time``, oldest first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.kernel.state.accounts.parameter_bounds import parameter_of, window_ms
from focusmesh.kernel.state.key_space import CHANGE_PREFIX
from focusmesh.protocol.codec import decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from focusmesh.kernel.state.accounts.parameter_bounds import ParameterValue
    from focusmesh.kernel.state.accounts.parameters import Parameters
    from focusmesh.kernel.state.staking.leaves import EndLeaves

_RECENT = CHANGE_PREFIX + b"recent/"


def recent_values(
    get: Callable[[bytes], bytes | None], parameters: Parameters, time: int
) -> Callable[[str], list[ParameterValue]]:
    """What gives the values of a name that were left within the window before ``time``."""
    since = time - window_ms(parameters)

    def values(name: str) -> list[ParameterValue]:
        return [value for value, until in _read(get, name) if until > since]

    return values


def note_values(state: EndLeaves, parameters: Parameters, names: Iterable[str], time: int) -> None:
    """Keeps what ``parameters`` had for names that change at ``time``, and lets go of what is out of the window."""
    since = time - window_ms(parameters)
    for name in names:
        value = parameter_of(parameters, name)
        if value is None:
            # It came with this change.
            continue
        kept = [(old, until) for old, until in _read(state.get, name) if until > since]
        listed = [
            [old if isinstance(old, int) else list(old), until]
            for old, until in (*kept, (value, time))
        ]
        state.put_entry(_RECENT + name.encode(), encode(listed))


def _read(get: Callable[[bytes], bytes | None], name: str) -> list[tuple[ParameterValue, int]]:
    value = get(_RECENT + name.encode())
    if value is None:
        return []
    return [
        (old if isinstance(old, int) else tuple(old), int(until)) for old, until in decode(value)
    ]
