"""Names of a package that load their module when they are first asked for."""

from __future__ import annotations

import re
import sys
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def lazily(package: str) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """``__getattr__`` and ``__dir__`` of ``package``, whose own source says what it exports: each name once.

    ``from home import name as name`` tells type checkers of an export. Below ``if TYPE_CHECKING`` Python does not run
    it; what it says is done here for one name, when that is first asked for. ``__all__`` comes from the same lines.
    """
    module = sys.modules[package]

    @cache
    def homes() -> dict[str, str]:
        return exports(_source(package))

    def found(name: str) -> object:
        value: object
        if name == "__all__":
            value = list_names()
        elif name in homes():
            value = getattr(import_module(homes()[name]), name)
        else:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        setattr(module, name, value)
        return value

    def list_names() -> list[str]:
        return sorted(homes())

    return found, list_names


def exports(source: str) -> dict[str, str]:
    """Every name that the source of a package exports, and the module that it comes from; "" for what it assigns.

    The linter writes one import a name, so an expression finds them, which is faster than to parse the source.
    """
    own = re.findall(r"^(\w+) = ", source, re.MULTILINE)
    imported = re.findall(r"^ *from (\S+) import \(?\s*(\w+) as \2\b", source, re.MULTILINE)
    return dict.fromkeys(own, "") | {name: home for home, name in imported}


def _source(package: str) -> str:
    """The text of the package's ``__init__``. Raises ImportError where the package was installed without sources."""
    import pkgutil

    try:
        source = pkgutil.get_data(package, "__init__.py")
    except OSError:
        source = None
    if source is None:
        raise ImportError(f"{package} exports what its source says; install focusmesh with sources")
    return source.decode()
