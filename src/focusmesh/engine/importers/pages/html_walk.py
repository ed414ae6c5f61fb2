"""The elements and texts of a page in their order, without what belongs to the site and not to the page."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selectolax.lexbor import LexborHTMLParser, LexborNode

_PASSED_OVER = frozenset(
    [
        "script",
        "style",
        "template",
        "noscript",
        "nav",
        "footer",
        "head",
        "iframe",
        "object",
        "svg",
        "button",
        "select",
        "datalist",
        "dialog",
    ]
)
_ROLES_PASSED_OVER = frozenset(("navigation", "search", "contentinfo"))
_PERMANENT_LINKS = ("headerlink", "anchor-link", "permalink")
_MOST_EVENTS = 1_000


class Event(NamedTuple):
    """An element begins (``kind`` "in") or ends ("out"), or a text ("text": ``name`` is what it says)."""

    kind: str
    name: str
    node: LexborNode


def content_root(parser: LexborHTMLParser) -> LexborNode | None:
    """Where the content of a page is: its ``main``, its only ``article``, or its body."""
    main = parser.css_first("main, [role=main]")
    if main is not None:
        return main
    articles = parser.css("article")
    return articles[0] if len(articles) == 1 else parser.body


def events(root: LexborNode) -> Iterator[Event]:
    """What lies in ``root``, itself left out; O(nodes), without recursion."""
    node = root.child
    depth = 1
    while node is not None and depth:
        inner = None
        if node.is_text_node:
            yield Event("text", node.text_content or "", node)
        elif node.is_element_node and not _is_passed_over(node):
            yield Event("in", node.tag or "", node)
            inner = node.child
            if inner is None:
                yield Event("out", node.tag or "", node)
        if inner is not None:
            node, depth = inner, depth + 1
            continue
        while node is not None and node.next is None and depth:
            node, depth = node.parent, depth - 1
            if node is not None and depth:
                yield Event("out", node.tag or "", node)
        if node is not None and depth:
            node = node.next


def words_of(node: LexborNode) -> str:
    """The text in an element on one line, as far as its first elements and texts go."""
    # Headings may lie in headings: each would be read as often as it is deep.
    first = islice(events(node), _MOST_EVENTS)
    return " ".join("".join(event.name for event in first if event.kind == "text").split())


def _is_passed_over(node: LexborNode) -> bool:
    if node.tag in _PASSED_OVER:
        return True
    attributes = node.attributes
    if not attributes:
        return False
    classes = attributes.get("class") or ""
    return (
        "hidden" in attributes
        or attributes.get("role") in _ROLES_PASSED_OVER
        or any(name in classes for name in _PERMANENT_LINKS)
    )
