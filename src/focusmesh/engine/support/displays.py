"""How results are shown: a result is drawn by what was registered for its class, which lies above it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_DRAW: dict[tuple[str, type], Callable[..., Any]] = {}
_HOMES: list[str] = []


def add_displays(module: str) -> None:
    """``register_displays`` of that module is called before something is shown for the first time from now on."""
    _HOMES.append(module)


def register_display(form: str, kind: type, draw: Callable[..., Any]) -> None:
    """From now on ``draw(result, …)`` shows results of the class ``kind`` in this form: ``"html"`` or ``"plot"``."""
    _DRAW[form, kind] = draw


def display(form: str, result: object, *arguments: Any, **options: Any) -> Any:
    """A result in a form, by the function of its class or of the nearest class that it comes from.

    Raises TypeError where nothing is registered for it.
    """
    while _HOMES:
        import_module(_HOMES.pop()).register_displays()
    for kind in type(result).__mro__:
        if (form, kind) in _DRAW:
            return _DRAW[form, kind](result, *arguments, **options)
    raise TypeError(
        f"no display shows a {type(result).__name__} as {form}; add one with register_display"
    )
