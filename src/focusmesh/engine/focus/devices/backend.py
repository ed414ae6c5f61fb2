"""Where a piece of work is done: on the host's cores, or on a card."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.errors import CardError, MissingExtraError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.engine.focus.devices.device import Device
    from focusmesh.engine.focus.operator.params import FocusParams
    from focusmesh.engine.links import Structure

AUTO = "auto"
CPU = "cpu"
CUDA = "cuda"
WGPU = "wgpu"
_CARD_FROM_AXONS = 1_000_000
"""Below, a solve is over before a card is awake."""
_SLOW_TO_WAKE = {WGPU: 10}
"""So many times more where the library alone takes half a second to say what cards there are."""
_SAFE_BYTES = 1 << 30
"""What any card has room for."""


DEVICES: dict[str, Callable[[], Device]] = {}
"""Cards by name, each imported when it is asked for; ``"auto"`` looks for them in this order."""


def register_device(name: str, make: Callable[[], Device]) -> None:
    """Names a kind of card that ``backend=`` may ask for."""
    DEVICES[name] = make


def backends() -> tuple[str, ...]:
    """The names that ``backend=`` may have."""
    return (AUTO, CPU, *DEVICES)


def device_for(
    work: str, structure: Structure, params: FocusParams, backend: str = AUTO
) -> Device | None:
    """The card that does ``work`` (estimate.py), None for the host.

    ``"auto"`` is the first card where the graph is large and there is room for it, else the host. Raises ParameterError
    with the names there are, CardError where the card that is named is missing or has too little memory.
    """
    if backend in DEVICES:
        device = DEVICES[backend]()
        verify_room(device, work, structure, params)
        return device
    if backend not in backends():
        raise ParameterError(f"no backend is named {backend!r}; there are {', '.join(backends())}")
    if backend == CPU or structure.axon_count < _CARD_FROM_AXONS:
        return None
    for name, make in DEVICES.items():
        if structure.axon_count < _CARD_FROM_AXONS * _SLOW_TO_WAKE.get(name, 1):
            continue
        device = make()
        if _is_usable(device):
            return None if _may_lack(device, work, structure, params) else device
    return None


def device_named(
    work: str, structure: Structure, params: FocusParams, backend: str = AUTO
) -> Device | None:
    """As ``device_for``, but a card that is named is handed out whether there is room on it or not."""
    if backend not in DEVICES:
        return device_for(work, structure, params, backend)
    device = DEVICES[backend]()
    device.verify()
    return device


def trouble_with(device: Device) -> str:
    """Why no work can be done there; empty where it can."""
    try:
        device.verify()
    except (CardError, MissingExtraError) as error:
        return str(error)
    return ""


def _is_usable(device: Device) -> bool:
    return not trouble_with(device) and device.is_hardware()


def _may_lack(device: Device, work: str, structure: Structure, params: FocusParams) -> bool:
    """Whether there is too little memory, or might be on a card that does not tell how much it has."""
    if device.free_bytes() is None:
        return device.memory(work, structure, params).required_bytes > _SAFE_BYTES
    return _lacks(device, work, structure, params) is not None


def verify_room(device: Device, work: str, structure: Structure, params: FocusParams) -> None:
    """Raises CardError, with what is needed and what there is, unless the card is there and has room.

    MissingExtraError where what drives it is not installed.
    """
    device.verify()
    lacking = _lacks(device, work, structure, params)
    if lacking is not None:
        raise CardError(
            f"{work} of {structure.axon_count:,} axons needs {lacking[0]} of the card, which has {lacking[1]} of "
            f'{lacking[2]} free; choose backend="cpu", or free memory there'
        )


def _lacks(
    device: Device, work: str, structure: Structure, params: FocusParams
) -> tuple[str, str, str] | None:
    """What is needed, free and there in all, if there is too little as far as the card tells."""
    needed = device.memory(work, structure, params).required_bytes
    known = device.free_bytes()
    if known is None or needed <= known[0]:
        return None
    free, total = known
    needed_text, free_text, total_text = (_gib(count) for count in (needed, free, total))
    return needed_text, free_text, total_text


def _gib(count: int) -> str:
    return f"{count / 2**30:.3g} GiB"
