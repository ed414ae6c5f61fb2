"""JSON lines: objects with source, target and what else a link has, or with a particle and its text, or arrays."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import msgspec
import numpy as np

from focusmesh.engine.importers.duplicate_keys import warn_of_duplicate_keys
from focusmesh.engine.importers.registry import Importer
from focusmesh.engine.importers.source import LINE_BYTES_MAX, Source
from focusmesh.engine.importers.text_rows.table_header import (
    note_passed_over,
    note_properties,
    note_roles,
)
from focusmesh.engine.links import (
    ALIASES,
    MORE_COLUMNS_MAX,
    NO_NAME,
    NO_TIME,
    ObjectAssembly,
    describing_roles,
    required_roles,
    roles_of,
    time_of,
)
from focusmesh.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, KeysView
    from pathlib import Path
    from typing import NoReturn

    from focusmesh.engine.importers.import_run import Reading
    from focusmesh.engine.links import LinkColumns
    from focusmesh.engine.support.arrays import FloatArray, IndexArray

_BLOCK_BYTES = 1 << 20
_Integer = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
_Name = _Integer | Annotated[str, msgspec.Meta(min_length=1)]
_Label = _Integer | str
_Text = str | None
_Weight = Annotated[float, msgspec.Meta(ge=0)]
_TYPES: dict[str, Any] = {"relation": _Label, "author": _Label, "time": _Integer | str}
_NONE: dict[str, Any] = {"relation": NO_NAME, "author": NO_NAME, "time": NO_TIME}
_NO_WEIGHT = float("nan")
"""What JSON cannot say: an object without a weight is told from one whose weight is 1."""
_DECODED = {"source", "target", "weight"}
"""Roles that every object is decoded with, so that a key of one might be met before it is known."""
_ANY_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])


def read(path: Path, reading: Reading) -> LinkColumns:
    """Links of a JSON lines file; integers stay integers, strings stay strings.

    For each role the first object that has a key for it, by columns= or the usual names, says which; other keys are
    properties: of the link, or of the particle that an object describes. A missing weight is 1, a missing relation or
    author the empty name, a missing time NO_TIME. A text is that of the source; an object with a name, a text and no
    target describes a particle and gives no link. Raises InputError for a key of columns= that no object has, and where
    no object has keys for source and target.
    """

    def too_long(_: bytes) -> NoReturn:
        raise InputError(
            f"{path}: line {reading.line_count + 1} is longer than {LINE_BYTES_MAX} bytes; "
            "JSON lines have one object a line"
        )

    with Source(path, reading) as source:
        return links_of_blocks(source.line_blocks(_BLOCK_BYTES, too_long), reading)


def links_of_blocks(blocks: Iterable[bytes], reading: Reading) -> LinkColumns:
    """Links of blocks of whole lines, as ``read`` says."""
    lines = _Lines(reading)
    for block in blocks:
        lines.take(block)
        if reading.first is not None and lines.link_count >= reading.first:
            break
    lines.check_keys()
    lines.note_keys()
    links = lines.assembly.columns()
    reading.warn_of(lines.assembly.refusals.warnings())
    return links


class _Found(NamedTuple):
    """What a block holds: links, their times (where links have any), and descriptions of particles."""

    links: list[Any]
    times: list[int]
    described: list[Any]


class _Lines:
    """Decodes blocks of whole lines: all at once, and line by line where that fails."""

    def __init__(self, reading: Reading) -> None:
        self.assembly = ObjectAssembly()
        self.link_count = 0
        self._reading = reading
        self._keys: dict[str, str] = {}
        self._described_by: dict[str, str] = {}
        self._known: set[str] = set()
        self._found_some = False
        self._describing: Any = None
        self._more: list[str] = []
        self._decide(dict(reading.columns))

    def take(self, block: bytes) -> None:
        """Adds the links of a block, and the texts of the particles that it describes."""
        found = self._of_known_keys(block)
        if found is None:
            self._learn(block)
            found = self._all_at_once(block) or self._one_by_one(block)
        weight = np.array([link.weight for link in found.links], dtype=np.float64) + 0.0
        missing = np.isnan(weight)
        count = len(weight)
        having = {"source": count, "target": count, "weight": count - int(np.sum(missing))}
        keys = {key: having.get(role) for role, key in self._keys.items()}
        warn_of_duplicate_keys(block, keys, self._reading)
        weight[missing] = 1.0
        self._reading.line_count += block.count(b"\n") + (not block.endswith(b"\n") and bool(block))
        self.link_count += len(found.links)
        self._found_some |= bool(found.links or found.described)
        if found.links:
            self._add(found.links, found.times, weight)
        if found.described:
            particles = self.assembly.interner("source").add(row.source for row in found.described)
            self.assembly.describe(particles, (row.text or "" for row in found.described))
            for key, values in self._values(found.described):
                self.assembly.say_of_particles(key, particles, values)

    def check_keys(self) -> None:
        """Raises InputError where the objects of the whole file are of another kind than was asked for."""
        keys, columns = sorted(self._known), self._reading.columns
        if keys and not (self._found_some and self._known.issuperset(columns.values())):
            required_roles(keys, columns, self._reading.path)

    def note_keys(self) -> None:
        """Tells which keys play which roles, and which none."""
        keys = {role: self._keys.get(role, role) for role in ALIASES} | self._described_by
        note_roles({r: key for r, key in keys.items() if key in self._known}, self._reading)
        used = {*self._keys.values(), *self._described_by.values()}
        note_properties([key for key in self._more if key not in used], self._reading)
        note_passed_over(sorted(self._known - used - set(self._more)), self._reading)

    def _values(self, rows: list[Any]) -> Iterator[tuple[str, list[Any]]]:
        """The values of each key that plays no role, None where a row has none."""
        for at, key in enumerate(self._more):
            raw = [getattr(row, f"more{at}", None) for row in rows]
            if any(raw):
                yield key, [_value(each) if each else None for each in raw]

    def _of_known_keys(self, block: bytes) -> _Found | None:
        """What is in a block of links that have no key but those known and used; None where there is anything else."""
        if not _DECODED.issubset(self._keys) or self._known != {*self._keys.values(), *self._more}:
            return None
        try:
            links = self._strict.decode_lines(block)
            return _Found(links, self._times(links), [])
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None

    def _all_at_once(self, block: bytes) -> _Found | None:
        """What is in a block where all objects are of one sort; None where not."""
        try:
            if self._describing is not None and "target" not in self._keys:
                return _Found([], [], self._describing.decode_lines(block))
            links = self._objects.decode_lines(block)
            return _Found(links, self._times(links), [])
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None

    def _add(self, links: list[Any], times: list[int], weight: FloatArray) -> None:
        assembly = self.assembly
        names = (name for link in links for name in (link.source, link.target))
        ends = assembly.interner("source").add(names)
        labels: dict[str, IndexArray] = {
            role: assembly.interner(role).add(getattr(link, role) for link in links)
            for role in self._labels
        }
        time = np.array(times, dtype=np.int64) if self._timed else None
        assembly.add(ends, labels, weight, time)
        for key, values in self._values(links):
            assembly.say_of_links(key, values)
        if "text" in self._keys:
            assembly.describe(ends[0::2], (link.text or "" for link in links))

    def _learn(self, block: bytes) -> None:
        """Looks for keys of the roles that no object had so far."""
        for keys in _objects_keys(block):
            if keys <= self._known:
                continue
            self._known.update(keys)
            if not self._described_by:
                self._describe_by(list(keys))
            free = [name for name in keys if name not in self._keys.values()]
            places = roles_of(free, {}, self._reading.path)
            self._decide({r: free[at] for r, at in places.items() if r not in self._keys})
        used = {*self._keys.values(), *self._more}
        new = sorted(self._known - used)[: MORE_COLUMNS_MAX - len(self._more)]
        if new:
            self._more += new
            self._decide({})

    def _describe_by(self, keys: list[str]) -> None:
        """Objects with these keys describe particles, if they do."""
        asked = {role: key for role, key in self._reading.columns.items() if key in keys}
        roles = describing_roles(keys, asked, self._reading.path)
        if roles is None:
            return
        self._described_by = {role: keys[at] for role, at in roles.items()}
        self._decide({})

    def _decide(self, keys: dict[str, str]) -> None:
        """From now on these keys play these roles."""
        for role in keys:
            if role in _TYPES:
                self.assembly.begin(role)
        self._keys |= keys
        self._labels = [role for role in ("relation", "author") if role in self._keys]
        self._timed = "time" in self._keys
        self._objects = msgspec.json.Decoder(_struct(self._keys, self._more))
        self._strict = msgspec.json.Decoder(_struct(self._keys, self._more, strict=True))
        self._arrays = msgspec.json.Decoder(_array_struct(self._keys))
        if self._described_by:
            described = _describing_struct(
                self._described_by, self._keys.get("target", "target"), self._more
            )
            self._describing = msgspec.json.Decoder(described)

    def _times(self, links: list[Any]) -> list[int]:
        """Times of links; raises msgspec.ValidationError with the reason for one that is none."""
        if not self._timed:
            return []
        return [_moment(link.time) for link in links]

    def _one_by_one(self, block: bytes) -> _Found:
        found = _Found([], [], [])
        for number, line in enumerate(block.split(b"\n"), start=self._reading.line_count + 1):
            text = line.strip()
            if not text:
                continue
            try:
                self._decode(text, found)
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
                self._reading.refuse(number, str(error))
        return found

    def _decode(self, text: bytes, found: _Found) -> None:
        """Adds what a line is; raises what the decoder of its sort raises."""
        described = self._describing
        if described is not None and "target" not in self._keys and not text.startswith(b"["):
            found.described.append(described.decode(text))
            return
        decoder = self._arrays if text.startswith(b"[") else self._objects
        try:
            link = decoder.decode(text)
        except msgspec.ValidationError:
            if described is None:
                raise
            with suppress(msgspec.ValidationError):
                found.described.append(described.decode(text))
                return
            raise
        found.times.extend(self._times([link]))
        found.links.append(link)


def _moment(time: int | str) -> int:
    found = time_of(time) if isinstance(time, str) else time
    if isinstance(found, str):
        raise msgspec.ValidationError(found)
    return found


def _objects_keys(block: bytes) -> Iterator[KeysView[str]]:
    """The keys of each object of a block; what is no object is left to the decoder of links."""
    try:
        for found in _ANY_OBJECT.decode_lines(block):
            yield found.keys()
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        for line in block.split(b"\n"):
            try:
                yield _ANY_OBJECT.decode(line).keys()
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                continue


def _more_fields(keys: dict[str, str], more: list[str]) -> tuple[list[Any], dict[str, str]]:
    """Fields for keys that play no role, as they are written, and how they are called."""
    named = {f"more{at}": key for at, key in enumerate(more) if key not in keys.values()}
    return [(name, msgspec.Raw, msgspec.Raw()) for name in named], named


def _struct(keys: dict[str, str], more: list[str], strict: bool = False) -> type[Any]:
    fields: list[Any] = [("source", _Name), ("target", _Name), ("weight", _Weight, _NO_WEIGHT)]
    fields += [(role, kind, _NONE[role]) for role, kind in _TYPES.items() if role in keys]
    if "text" in keys:
        fields.append(("text", _Text, None))
    more_fields, named = _more_fields(keys, more)
    return msgspec.defstruct(
        "LinkObject",
        fields + more_fields,
        rename=keys | named,
        gc=False,
        forbid_unknown_fields=strict,
    )


def _describing_struct(keys: dict[str, str], target: str, more: list[str]) -> type[Any]:
    """An object with the name and the text of a particle, and no target."""
    fields: list[Any] = [("source", _Name), ("text", _Text), ("target", None, None)]
    more_fields, named = _more_fields(keys | {"target": target}, more)
    rename = keys | {"target": target} | named
    return msgspec.defstruct("DescribingObject", fields + more_fields, rename=rename, gc=False)


def _array_struct(keys: dict[str, str]) -> type[Any]:
    """As _struct, for [source, target, weight]; an array has no relation, author, time or text."""
    fields: list[Any] = [("source", _Name), ("target", _Name), ("weight", _Weight, _NO_WEIGHT)]
    made = msgspec.defstruct(
        "LinkArray", fields, array_like=True, forbid_unknown_fields=True, gc=False
    )
    for role in (*_TYPES, "text"):
        if role in keys:
            setattr(made, role, _NONE.get(role))
    return made


IMPORTER = Importer(
    name="json-lines",
    suffixes=(".jsonl", ".ndjson"),
    summary="JSON lines: objects with source and target, or with particle and text, or arrays",
    read=read,
)


def _value(raw: msgspec.Raw) -> Any:
    """A value that plays no role; what no decoder holds is infinite, or a list: no property is either."""
    try:
        return msgspec.json.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return [] if bytes(raw)[:1] in (b"[", b"{") else math.inf
