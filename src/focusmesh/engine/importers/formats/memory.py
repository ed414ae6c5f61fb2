"""The file of the memory server of the Model Context Protocol: entities with observations, relations, one a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import msgspec

from focusmesh.engine.importers.import_run import Reading
from focusmesh.engine.importers.link_sums import Gathering
from focusmesh.engine.importers.registry import Importer
from focusmesh.engine.importers.source import LINE_BYTES_MAX, Source
from focusmesh.engine.links import entity_link, memory_name, observation_link, relation_link
from focusmesh.errors import FocusmeshError, InputError

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator
    from pathlib import Path
    from typing import NoReturn

    from focusmesh.engine.links import LinkColumns, MemoryLink

_BLOCK_BYTES = 1 << 20
_HEAD_BYTES = 1 << 16
_BEGINS = (b'{"type":"entity"', b'{"type":"relation"')


class _Entity(msgspec.Struct, tag_field="type", tag="entity", rename="camel"):
    name: str
    entity_type: str
    observations: list[str]


class _Relation(msgspec.Struct, tag_field="type", tag="relation"):
    source: str = msgspec.field(name="from")
    target: str = msgspec.field(name="to")
    kind: str = msgspec.field(name="relationType")


_Item: TypeAlias = _Entity | _Relation


def read(path: Path, reading: Reading) -> LinkColumns:
    """Links of a memory as `focusmesh mcp` keeps it: ``memory:type``, ``memory:observation``, and its relations.

    What the file says twice is one link. A name of more than 4,096 bytes is a bad line.
    """
    decoder = msgspec.json.Decoder(_Item)
    found: dict[tuple[Hashable, Hashable, str], MemoryLink] = {}
    for line in _lines(path, reading):
        try:
            links = list(_links(decoder.decode(line)))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, InputError) as error:
            reading.refuse(reading.line_count, str(error))
            continue
        for link in links:
            found.setdefault(link.key, link)
    gathering = Gathering(dict.fromkeys(link.relation for link in found.values()))
    for link in found.values():
        source, target = str(link.source), str(link.target)
        gathering.particle(source)
        gathering.particle(target, link.text)
        gathering.link(source, target, link.relation)
    return gathering.columns()


def has_shape(path: Path) -> bool:
    """Whether the first line of a file is an entity or a relation."""
    try:
        with Source(path, Reading(str(path))) as source:
            head = source.head(_HEAD_BYTES).lstrip()
    except FocusmeshError:
        return False
    # The first observations alone may be longer than the head.
    return head[:40].replace(b" ", b"").startswith(_BEGINS)


def _links(item: _Item) -> Iterator[MemoryLink]:
    if isinstance(item, _Relation):
        yield relation_link(memory_name(item.source), memory_name(item.target), item.kind)
        return
    name = memory_name(item.name)
    yield entity_link(name, item.entity_type)
    for observation in item.observations:
        yield observation_link(name, observation)


def _lines(path: Path, reading: Reading) -> Iterator[bytes]:
    """Lines that say something; ``reading`` has the number of each."""

    def too_long(_: bytes) -> NoReturn:
        raise InputError(
            f"{path}: line {reading.line_count + 1} is longer than {LINE_BYTES_MAX} bytes"
        )

    with Source(path, reading) as source:
        for block in source.line_blocks(_BLOCK_BYTES, too_long):
            for line in block.removesuffix(b"\n").split(b"\n"):
                reading.line_count += 1
                if line.strip():
                    yield line


IMPORTER = Importer(
    name="memory",
    suffixes=(".jsonl", ".json"),
    summary="memory of an agent (MCP memory server): entities, observations, relations, one a line",
    read=read,
    shape=has_shape,
)
