"""What the tools take and give, as the memory server has it."""

from __future__ import annotations

import msgspec

from focusmesh.interface.mcp.mentions import Naming


class Entity(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A particle with what was observed of it."""

    name: str
    entity_type: str
    observations: list[str]


class Relation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A link between two entities."""

    source: str = msgspec.field(name="from")
    target: str = msgspec.field(name="to")
    kind: str = msgspec.field(name="relationType")


class Observed(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Observations to be added to an entity."""

    entity_name: str
    contents: list[str]


class Added(msgspec.Struct, frozen=True, rename="camel"):
    """Observations that were new."""

    entity_name: str
    added_observations: list[str]


class Deletion(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Observations to be taken back."""

    entity_name: str
    observations: list[str]


class RememberResult(msgspec.Struct, frozen=True):
    """What became of a text: ``observations`` were added to the ``entities`` that it names by their words.

    ``note`` is the entity that was made for what names nobody, "" where there is none.
    """

    observations: list[str]
    entities: list[Naming]
    note: str = ""


class Part(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Entities and relations; ``next_cursor`` where there are more of them."""

    entities: list[Entity]
    relations: list[Relation]
    next_cursor: str | None = None
