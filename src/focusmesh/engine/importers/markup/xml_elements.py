"""XML read element by element, without entities: what GraphML and GEXF share.

Entities are how a small XML file becomes a large one (CVE-2003-1564 and its kin) or reads other files, and neither
format needs them: a file that declares or uses one beyond XML's own five is refused.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NoReturn, Protocol
from xml.parsers import expat

from focusmesh.engine.importers.source import Source
from focusmesh.errors import DamagedFileError, InputError

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.engine.importers.import_run import Reading

_BLOCK_BYTES = 1 << 18
_MOST_TEXT_CHARACTERS = 1 << 26
_SPACE = " "
_XML_SPACE = "http://www.w3.org/XML/1998/namespace space"
KEPT_BLANKS = "xml:space"
"""The attribute by which an element says ``preserve``: blanks at the ends of its text are part of it."""
_REFERENCE = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos);)([A-Za-z_][\w.-]*);")
_LONGEST_REFERENCE = 256


class Handler(Protocol):
    """Is told of the elements of one XML vocabulary."""

    def start(self, name: str, attributes: dict[str, str], line: int) -> bool:
        """An element begins; whether its text is wanted."""

    def end(self, name: str, text: str) -> None:
        """An element ends; ``text`` is what lay in it, if that was wanted."""


def read_xml(path: Path, reading: Reading, root: str, handler: Handler) -> None:
    """Streams ``path`` to ``handler``: the elements that share the namespace of ``root``, the first element.

    Others, attributes of other namespaces included, are passed over, and so is what lies in a wanted element other than
    text. Raises InputError for another root or for entities, DamagedFileError where the XML is not well-formed. Holds
    one block and the text of one element.
    """
    walk = _Walk(path, root, handler)
    ended = True
    with Source(path, reading) as source:
        while data := source.read(_BLOCK_BYTES):
            reading.line_count += data.count(b"\n")
            ended = data.endswith(b"\n")
            walk.feed(data, final=False)
        reading.line_count += not ended
        walk.feed(b"", final=True)


def parse(parser: expat.XMLParserType, data: bytes, final: bool, path: Path) -> None:
    """Parses a block; DamagedFileError where it is not well-formed, InputError for another encoding."""
    try:
        parser.Parse(data, final)
    except expat.ExpatError as error:
        raise DamagedFileError(
            f"{path}:{error.lineno}: not well-formed XML: {expat.ErrorString(error.code)}; "
            "nothing was imported"
        ) from error
    except (LookupError, ValueError) as error:
        # The bare ones are the parser's word about the encoding; others come from what it calls.
        if type(error) not in {LookupError, ValueError}:
            raise
        raise InputError(f"{path}: {error}; convert it to UTF-8 first") from error


class _Walk:
    """The parser with the namespace and the wanted text."""

    def __init__(self, path: Path, root: str, handler: Handler) -> None:
        self._path = path
        self._root = root
        self._handler = handler
        self._prefix: str | None = None
        self._text: list[str] = []
        self._text_size = 0
        self._depth_wanted = 0
        self._foreign = False
        self._tail = b""
        self._parser = self._make_parser()

    def feed(self, data: bytes, final: bool) -> None:
        """Parses a block."""
        parse(self._parser, data, final, self._path)
        if self._foreign:
            # Beside a document type that it does not load, expat drops unknown entities in attributes unsaid.
            found = _REFERENCE.search(self._tail + data)
            if found:
                self._refuse_entity(found[1].decode(), "uses")
            self._tail = data[-_LONGEST_REFERENCE:]

    def _make_parser(self) -> expat.XMLParserType:
        parser = expat.ParserCreate(namespace_separator=_SPACE)
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.StartDoctypeDeclHandler = self._document_type
        parser.EntityDeclHandler = self._entity_declared
        parser.ExternalEntityRefHandler = self._external_entity
        parser.SkippedEntityHandler = self._unknown_entity
        return parser

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if self._depth_wanted:
            self._depth_wanted += 1
            return
        name = self._own(tag)
        if name is None:
            return
        own = {key: value for key, value in attributes.items() if _SPACE not in key}
        if _XML_SPACE in attributes:
            own[KEPT_BLANKS] = attributes[_XML_SPACE]
        if self._handler.start(name, own, self._parser.CurrentLineNumber):
            self._depth_wanted = 1
            self._text_size = 0
            self._parser.CharacterDataHandler = self._characters

    def _end(self, tag: str) -> None:
        if self._depth_wanted:
            self._depth_wanted -= 1
            if self._depth_wanted:
                return
            self._parser.CharacterDataHandler = None
        name = self._own(tag)
        if name is not None:
            text = "".join(self._text)
            self._text.clear()
            self._handler.end(name, text)

    def _own(self, tag: str) -> str | None:
        """The name of an element of the root's namespace."""
        prefix, _, name = tag.rpartition(_SPACE)
        if self._prefix is None:
            if name != self._root:
                raise InputError(
                    f"{self._path}: its first element is <{name}>, where <{self._root}> is expected"
                )
            self._prefix = prefix
        return name if prefix == self._prefix else None

    def _characters(self, text: str) -> None:
        if self._depth_wanted == 1:
            self._text_size += len(text)
            if self._text_size > _MOST_TEXT_CHARACTERS:
                line = self._parser.CurrentLineNumber
                raise InputError(
                    f"{self._path}:{line}: a text is longer than {_MOST_TEXT_CHARACTERS} characters"
                )
            self._text.append(text)

    def _document_type(self, name: str, system: str | None, *_: object) -> None:
        self._foreign = system is not None

    def _entity_declared(self, name: str, *_: object) -> None:
        self._refuse_entity(name, "declares")

    def _unknown_entity(self, name: str, *_: object) -> None:
        self._refuse_entity(name, "uses")

    def _external_entity(self, context: str | None, *_: object) -> int:
        self._refuse_entity(context or "", "uses")

    def _refuse_entity(self, name: str, does: str) -> NoReturn:
        line = self._parser.CurrentLineNumber
        raise InputError(
            f"{self._path}:{line}: the file {does} the entity {name!r}; entities are refused, as they can unpack "
            "into any size or read other files: write out what it stands for"
        )
