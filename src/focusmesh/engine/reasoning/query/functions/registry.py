"""Functions by name."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from focusmesh.engine.reasoning.query.functions.signatures import SIGNATURES

if TYPE_CHECKING:
    from focusmesh.engine.reasoning.query.functions.signature import FunctionSignature

_BY_NAME = {each.name.lower(): each for each in SIGNATURES}


def find_signature(name: str) -> FunctionSignature | None:
    """The signature of the function called ``name``, with dots where it has some, in letters of any case."""
    return _BY_NAME.get(name.lower())


def close_functions(name: str) -> list[str]:
    """Up to three names of functions that are spelt much like ``name``."""
    close = get_close_matches(name.lower(), _BY_NAME, n=3)
    return [_BY_NAME[each].name for each in close]
