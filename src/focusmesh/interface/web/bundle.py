"""The built page, file by file, as a server hands it out."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""What the page gets by with. Inline styles are the widths of bars; nothing is loaded from anywhere else."""
_PAGE = Path(__file__).parent / "page"
_MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".md": "text/markdown; charset=utf-8",
}


class BundledFile(NamedTuple):
    """A file of the page. ``is_immutable``: its name has the digest of its content, so that it may be kept for ever."""

    media_type: str
    content: bytes
    is_immutable: bool


@cache
def files() -> Mapping[str, BundledFile]:
    """Every file by its path below the page's own address; ``""`` is the page itself. Some 300 kB, read once."""
    paths = sorted(path for path in _PAGE.rglob("*") if path.is_file())
    found = {path.relative_to(_PAGE).as_posix(): _read(path) for path in paths}
    return MappingProxyType({"": found["index.html"], **found})


def _read(path: Path) -> BundledFile:
    return BundledFile(
        _MEDIA_TYPES[path.suffix], path.read_bytes(), is_immutable=path.parent.name == "assets"
    )
