"""An agent's memory as links: entities with types and observations, and relations between them.

The memory server of the Model Context Protocol keeps entities (a name, a type, observations) and relations (from, to,
a type). Here an entity is the particle of its name; a link leads from it to the particle of its type, one to each
observation, which is a particle that says what was observed, and relations are links between entities. Any text can be
any of these, so what could be mistaken for something else is spelt with a mark in front.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from focusmesh.errors import InputError
from focusmesh.ids import digest, is_cid, to_cid

if TYPE_CHECKING:
    from collections.abc import Hashable

TYPE = "memory:type"
"""The relation from an entity to its type."""
OBSERVATION = "memory:observation"
"""The relation from an entity to what was observed of it."""
NAME_BYTES_MAX = 4_096
"""The longest text that is a name; a longer observation is the particle of its digest, and its text."""

_RESERVED = "memory:"
_MARK = "memory:="
_OTHER_MARK = "memory:+"


@dataclass(frozen=True, slots=True)
class MemoryLink:
    """A link of a memory by the names of its ends; ``text`` is what its target says, where that is no name."""

    source: Hashable
    target: Hashable
    relation: str
    text: str = ""

    @property
    def key(self) -> tuple[Hashable, Hashable, str]:
        """What tells it from others."""
        return self.source, self.target, self.relation


def entity_link(source: Hashable, kind: str) -> MemoryLink:
    """What makes a particle an entity, of the type ``kind``. Raises InputError for one that is too long for a name."""
    return MemoryLink(source, _other(source, kind), TYPE)


def observation_link(source: Hashable, observation: str) -> MemoryLink:
    """What was observed of an entity; of any length."""
    encoded = _encode(observation)
    if len(encoded) > NAME_BYTES_MAX - len(_MARK):
        return MemoryLink(source, to_cid(digest(encoded)), OBSERVATION, observation)
    return MemoryLink(source, _other(source, observation), OBSERVATION)


def relation_link(source: Hashable, target: Hashable, kind: str) -> MemoryLink:
    """A relation of the type ``kind`` between two entities, or from one to itself."""
    other = _other(source, memory_text(source)) if source == target else target
    return MemoryLink(source, other, memory_name(kind))


def memory_name(text: str) -> str:
    """The name of the particle that stands for ``text``. Raises InputError where that is longer than names are."""
    marked = not text or text.startswith(_RESERVED) or is_cid(text)
    name = _MARK + text if marked else text
    size = len(_encode(name))
    if size > NAME_BYTES_MAX:
        raise InputError(
            f"{text[:40]!r}… has {size:,} bytes, a name at most {NAME_BYTES_MAX:,}: put it into an observation"
        )
    return name


def memory_text(name: Hashable) -> str:
    """The text that a particle's name stands for; digests are their CIDs."""
    shown = to_cid(name) if isinstance(name, bytes) else str(name)
    marked = shown.startswith((_MARK, _OTHER_MARK))
    return shown[len(_MARK) :] if marked else shown


def _other(source: Hashable, text: str) -> str:
    """The name of a target, another particle than ``source`` even where the two texts are one: no link is a loop."""
    name = memory_name(text)
    return _OTHER_MARK + text if name == source else name


def _encode(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InputError(f"{text[:40]!r} is not Unicode text: {error.reason}") from error
