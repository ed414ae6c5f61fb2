"""Which column of a table plays which role, by the names that people give to columns."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from focusmesh.engine.links.properties.values import PREFIX
from focusmesh.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ALIASES: dict[str, tuple[str, ...]] = {
    "source": (
        "source",
        "src",
        "from",
        "source_id",
        "from_id",
        "from_node",
        "particle_from",
        "start",
        "tail",
        "i",
        "subject",
        ":start_id",
    ),
    "target": (
        "target",
        "dst",
        "dest",
        "destination",
        "to",
        "target_id",
        "to_id",
        "to_node",
        "particle_to",
        "end",
        "head",
        "j",
        "object",
        ":end_id",
    ),
    "weight": ("weight", "amount", "value", "count", "stake", "score", "v"),
    "relation": ("relation", "type", "rel", "label", "predicate", "kind", "edge_type", ":type"),
    "author": ("author", "neuron", "user", "agent", "by"),
    "time": ("time", "timestamp", "date", "datetime", "at", "height"),
    "text": ("text",),
}
"""For each role the column names that mean it, most telling first; case, spaces and dashes do not matter."""

PARTICLE_ALIASES = ("particle", "id", ":id", "name", "node", "key", "title")
"""Columns that name the particle of a row which is no link but describes one, before those of ``source``."""
TEXT_ALIASES = (*ALIASES["text"], "content", "body", "description", "abstract", "summary", "label")
"""Columns with the text of such a row. In a row that is a link, other words than "text" may describe the link."""
_NEO4J_ROLE = re.compile(r".*(:(?:start_id|end_id|type|id|label))(?:\([^()]*\))?")
_NEO4J_TYPE = re.compile(
    r"(.+):(?:int|long|float|double|boolean|byte|short|char|string|point|date|localtime|time|localdatetime|datetime"
    r"|duration)(?:\[\])?(?:\{.*\})?"
)


def roles_of(names: Sequence[str], columns: Mapping[str, str], where: str) -> dict[str, int]:
    """Position of the column of each role that ``names`` has.

    ``columns`` (role to column name) goes before the aliases. Raises InputError when it names a column that is not
    there. Source or target may be missing from the answer.
    """
    plain = [plain_name(name) for name in names]
    found: dict[str, int] = {}
    for role, wanted in columns.items():
        if wanted not in names:
            raise InputError(
                f"{where} has no column {wanted!r} for {role!r}; its columns: {', '.join(names)}"
            )
        place = list(names).index(wanted)
        if place in found.values():
            raise InputError(f"columns= gives the column {wanted!r} of {where} two roles")
        found[role] = place
    for role, aliases in _aliases(plain).items():
        if role not in found:
            taken = set(found.values())
            places = (plain.index(alias) for alias in aliases if alias in plain)
            free = next((place for place in places if place not in taken), None)
            if free is not None:
                found[role] = free
    return found


def _aliases(plain: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
    """ALIASES; but in triples of a knowledge graph (head, relation, tail) the head is what a link goes out from."""
    if {"head", "tail"} <= set(plain) and not set(ALIASES["relation"]).isdisjoint(plain):
        return {**ALIASES, "source": ("head",), "target": ("tail",)}
    return ALIASES


def describing_roles(
    names: Sequence[str], columns: Mapping[str, str], where: str
) -> dict[str, int] | None:
    """Source and text of a table that describes particles: it has names and texts of them, and no targets.

    None for any other table. ``columns`` as in roles_of.
    """
    found = roles_of(names, columns, where)
    if "target" in found:
        return None
    plain = [plain_name(name) for name in names]
    roles = {role: found[role] for role in columns if role in ("source", "text")}
    for role, aliases in (
        ("text", TEXT_ALIASES),
        ("source", (*PARTICLE_ALIASES, *ALIASES["source"])),
    ):
        places = (plain.index(alias) for alias in aliases if alias in plain)
        free = next((place for place in places if place not in roles.values()), None)
        if role not in roles and free is not None:
            roles[role] = free
    return roles if len(roles) == 2 else None


def required_roles(names: Sequence[str], columns: Mapping[str, str], where: str) -> dict[str, int]:
    """As roles_of; raises InputError when source or target is missing, but for a table that describes particles."""
    described = describing_roles(names, columns, where)
    if described is not None:
        return described
    if not names:
        raise InputError(f"{where} has no columns, so it has no links")
    found = roles_of(names, columns, where)
    missing = [role for role in ("source", "target") if role not in found]
    if missing:
        raise InputError(
            f"{where} has no column that is plainly the {missing[0]}; its columns: {', '.join(names)}; "
            f"say which: --columns {missing[0]}=... on the command line, columns={{{missing[0]!r}: ...}} in Python"
        )
    return found


def plain_name(name: str) -> str:
    """A column's name as the aliases have it; of Neo4j's ``w:double`` and ``id:START_ID(Person)`` what tells a role."""
    if name.startswith(PREFIX):
        return name
    plain = name.strip().casefold().replace(" ", "_").replace("-", "_")
    if ":" not in plain:
        return plain
    role, typed = _NEO4J_ROLE.fullmatch(plain), _NEO4J_TYPE.fullmatch(plain)
    return role[1] if role else typed[1] if typed else plain
