"""The one list of applications, in the order in which they came."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from focusmesh.apps.declaration import Application

APPLICATIONS = [
    "focusmesh.apps.bank",
    "focusmesh.apps.grid",
    "focusmesh.apps.pins",
    "focusmesh.apps.validators",
    "focusmesh.apps.changes",
    "focusmesh.apps.delegation",
]
"""Packages, each with an ``APPLICATION``. A new one goes to the end: networks keep the operations of those before."""


def applications(without: Collection[str] = ()) -> tuple[Application, ...]:
    """All applications but those of packages ``without``, in the order of the list. Loads what was not loaded yet."""
    return tuple(import_module(name).APPLICATION for name in APPLICATIONS if name not in without)
