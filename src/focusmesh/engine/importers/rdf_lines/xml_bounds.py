"""What an RDF/XML document may ask of its reader: entities that are short, elements that are not nested too deep.

Ontologies abbreviate namespaces by entities, so those are allowed, unlike in other formats; entities that use others
are how a small document becomes a large one. Elements are counted since the library's time grows with the square of
depth (30,000 deep took it 9 s).
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.parsers import expat

from focusmesh.engine.importers.markup.xml_elements import parse
from focusmesh.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

ENTITY_BYTES_MAX = 256
DEPTH_MAX = 1_000


class XmlBounds:
    """Looks at the bytes of a document, block by block, before anyone else does."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._depth = 0
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._begin
        self._parser.EndElementHandler = self._end
        self._parser.EntityDeclHandler = self._entity

    def feed(self, data: bytes) -> None:
        """The next block, an empty one at the end; InputError for what is too much, DamagedFileError for no XML."""
        parse(self._parser, data, not data, self._path)

    def _begin(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise InputError(f"{self._where()}: elements are nested deeper than {DEPTH_MAX:,}")

    def _end(self, tag: str) -> None:
        self._depth -= 1

    def _entity(self, name: str, is_parameter: bool, value: str | None, *_: object) -> None:
        if value is None or is_parameter:
            raise InputError(
                f"{self._where()}: the entity {name!r} is read from elsewhere: only texts are allowed"
            )
        if "&" in value or "%" in value or len(value.encode()) > ENTITY_BYTES_MAX:
            raise InputError(
                f"{self._where()}: the entity {name!r} stands for others or for more than {ENTITY_BYTES_MAX} bytes, "
                "so that the document could unpack into any size: write out what it stands for"
            )

    def _where(self) -> str:
        return f"{self._path}:{self._parser.CurrentLineNumber}"
