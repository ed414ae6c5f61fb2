"""What the links of columns are called, one by one."""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING

from focusmesh.engine.links.properties.link_properties import LinkKey

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh.engine.links.columns import LinkColumns


def keys_of(columns: LinkColumns) -> Iterator[LinkKey]:
    """What each link is called. O(m)."""
    named = [
        repeat("") if at is None or names is None else [names[one] for one in at.tolist()]
        for names, at in ((columns.relations, columns.relation), (columns.authors, columns.author))
    ]
    return map(LinkKey, columns.source.tolist(), columns.target.tolist(), *named)
