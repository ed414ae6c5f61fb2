"""A tool: how it is announced, what it takes, what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.interface.mcp.schemas import Schema
    from focusmesh.interface.mcp.tools import Tools


@dataclass(frozen=True, slots=True)
class Answer:
    """What a tool answers, as text and as data. ``link``: URI of a resource that goes with it."""

    text: str
    data: Any
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool: how it is announced, and the function that it is, which is given all tools and what was asked."""

    name: str
    title: str
    description: str
    schemas: tuple[Schema, Schema]
    takes: type[Any]
    does: Callable[[Tools, Any], Answer]
    writes: bool = False
    destroys: bool = False

    @property
    def repeatable(self) -> bool:
        """Whether a second call changes nothing more."""
        return not self.writes or self.destroys
