"""An HTML page becomes a document: its headings and its definitions with an id are its sections."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from focusmesh.engine.importers.pages.html_bytes import encoding_of, overload
from focusmesh.engine.importers.pages.html_walk import content_root, events, words_of
from focusmesh.engine.importers.texts.document import (
    CITES,
    LINKS,
    Document,
    DocumentSection,
    destination,
    plain_heading,
)
from focusmesh.engine.importers.texts.files import bytes_of, count_lines, text_of
from focusmesh.errors import MissingExtraError

if TYPE_CHECKING:
    from pathlib import Path

    from selectolax.lexbor import LexborNode

    from focusmesh.engine.importers.import_run import Reading
    from focusmesh.engine.importers.pages.html_walk import Event

SUFFIXES = (".html", ".htm", ".xhtml")

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_DEFINITION = 7
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "caption",
        "center",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hgroup",
        "hr",
        "li",
        "main",
        "menu",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "tfoot",
        "thead",
        "tr",
        "ul",
        "br",
    ]
)
_CELLS = frozenset(("td", "th"))
_URL = re.compile(r"https?://", re.IGNORECASE)
_OTHER_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


def read_page(file: Path, path: str, reading: Reading) -> Document | None:
    """The page in a file, called by ``path``; None for one that was refused.

    Raises MissingExtraError without the extra ``documents``.
    """
    raw = bytes_of(file, reading)
    if raw is None:
        return None
    count_lines(raw, reading)
    text = text_of(raw, file, reading, encoding_of(raw))
    fault = None if text is None else overload(text)
    if fault is not None:
        reading.refuse(1, fault, str(file))
    if text is None or fault is not None:
        return None
    try:
        return page_of(text, path)
    except MissingExtraError:
        raise
    except Exception as error:
        # It is somebody else's parser on somebody else's page: whatever it says is about this file.
        told = f"{type(error).__name__}: {error}"[:200]
        reading.refuse(1, f"the page cannot be read: {told}", str(file))
        return None


def page_of(text: str, path: str) -> Document:
    """The sections of a page and where they link to. O(characters) for pages that are not made to be hard."""
    try:
        from selectolax.lexbor import LexborHTMLParser
    except ImportError:
        raise MissingExtraError("documents", "reading HTML") from None
    parser = LexborHTMLParser(text.replace("\0", " "))
    root = content_root(parser)
    named = parser.css_first("head title")
    page = _Page(path)
    for event in events(root) if root is not None else ():
        page.take(event)
    return page.finish("" if named is None else words_of(named))


@dataclass(slots=True)
class _Definitions:
    """A list of definitions under way: how deep its sections lie, and whether its last part was a term."""

    depth: int
    after_term: bool = False


class _Page:
    """Puts texts under the section that they stand in."""

    def __init__(self, path: str) -> None:
        self._document = Document(path, [DocumentSection("", -1, "")])
        self._texts: list[list[str]] = [[]]
        self._outer: list[tuple[int, int]] = [(0, 0)]
        self._lists: list[_Definitions] = []
        self._waiting: list[str] = []
        self._verbatim = 0

    def take(self, event: Event) -> None:
        """Takes what comes next."""
        if event.kind == "text":
            self._say(event.name)
        elif event.kind == "in":
            self._begin(event.name, event.node)
        else:
            self._end(event.name)

    def finish(self, title: str) -> Document:
        """The document; ``title`` opens its text where no heading does."""
        self._anchor()
        for section, said in zip(self._document.sections, self._texts, strict=True):
            section.text = "".join(said).strip()
        own = self._document.sections[0]
        if title and not own.anchors:
            own.text = f"{title}\n{own.text}".strip()
        return self._document

    @property
    def _here(self) -> DocumentSection:
        return self._document.sections[self._outer[-1][1]]

    def _begin(self, tag: str, node: LexborNode) -> None:
        attributes = node.attributes
        named = [attributes.get("id"), attributes.get("name") if tag == "a" else None]
        self._waiting.extend(name for name in named if name)
        if tag in _BLOCKS or tag in _CELLS:
            self._break("\n" if tag in _BLOCKS else " ")
        if tag in _HEADINGS:
            self._head(_HEADINGS[tag], words_of(node))
        elif tag == "dl":
            self._lists.append(_Definitions(len(self._outer)))
        elif tag in ("dt", "dd") and self._lists:
            self._define(tag, attributes.get("id") or "")
        elif tag == "pre":
            self._verbatim += 1
        elif tag == "a":
            self._refer(attributes.get("href") or "")
        elif tag == "img":
            self._say(attributes.get("alt") or "")

    def _end(self, tag: str) -> None:
        if tag in _BLOCKS:
            self._break("\n")
        if tag == "dl" and self._lists:
            del self._outer[self._lists.pop().depth :]
        self._verbatim -= tag == "pre" and self._verbatim > 0

    def _head(self, level: int, words: str) -> None:
        heading = plain_heading(words)
        if not heading:
            return
        own = self._document.sections[0]
        if level == 1 and len(self._texts) == 1 and not "".join(self._texts[0]).strip():
            own.anchors.append(heading)
            return
        base = self._lists[-1].depth if self._lists else 1
        while len(self._outer) > base and level <= self._outer[-1][0] < _DEFINITION:
            self._outer.pop()
        self._open(level, heading)

    def _define(self, tag: str, name: str) -> None:
        """A term with an id opens a section, which ends with the next term; terms in a row share one."""
        definitions = self._lists[-1]
        again = tag == "dt" and definitions.after_term and len(self._outer) > definitions.depth
        if tag == "dt" and not again:
            del self._outer[definitions.depth :]
            if name:
                self._open(_DEFINITION, plain_heading(name))
        definitions.after_term = tag == "dt"

    def _open(self, level: int, heading: str) -> None:
        self._document.sections.append(DocumentSection(heading, self._outer[-1][1], ""))
        self._outer.append((level, len(self._texts)))
        self._texts.append([])
        self._anchor()

    def _anchor(self) -> None:
        """What was named since the last text leads to where the next one stands."""
        self._here.anchors.extend(self._waiting)
        self._waiting.clear()

    def _refer(self, written: str) -> None:
        target = written.strip()
        if _URL.match(target):
            found = destination(target, CITES, LINKS)
        elif _OTHER_SCHEME.match(target) or target.startswith("//"):
            return
        else:
            path, mark, fragment = target.partition("#")
            path = path.split("?")[0]
            # A folder's page is its index.
            if path.endswith("/") or path.rpartition("/")[2] in (".", ".."):
                path = f"{path.rstrip('/')}/index.html"
            found = destination(f"{path}{mark}{fragment}", CITES, LINKS)
        if found is not None:
            self._here.references.append(found)

    def _say(self, text: str) -> None:
        if self._waiting and text.strip():
            self._anchor()
        said = self._texts[self._outer[-1][1]]
        if not self._verbatim:
            text = re.sub(r"\s+", " ", text)
            text = text.lstrip() if not said or said[-1][-1:] in " \n" else text
        if text:
            said.append(text)

    def _break(self, mark: str) -> None:
        said = self._texts[self._outer[-1][1]]
        if not said or said[-1].endswith("\n"):
            return
        if not self._verbatim:
            said[-1] = said[-1].rstrip(" ")
        said.append(mark)
