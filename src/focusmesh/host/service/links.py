"""Links of a moment as records, a page at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.links import NO_TIME
from focusmesh.errors import InputError, UnknownParticleError
from focusmesh.host.service.particle_names import find, in_json
from focusmesh.host.service.records.records import LinkPage, LinkRow

if TYPE_CHECKING:
    from collections.abc import Hashable

    from focusmesh.engine.links import Link, LinkColumns, Names
    from focusmesh.host.service.moment import Moment
    from focusmesh.host.service.paging import Page
    from focusmesh.host.service.ranks import Ranks
    from focusmesh.host.service.records.records import Name


def link_page(
    moment: Moment,
    page: Page,
    source: str | int | None,
    target: str | int | None,
    labels: tuple[str | None, str | None],
) -> LinkPage:
    """A page of the links that have these ends and labels (relation, author); None is any."""
    links, graph = moment.graph.links(), moment.graph
    ends = [None if name is None else find(graph, name) for name in (source, target)]
    wanted = [
        *zip((links.source, links.target), ends, strict=True),
        _find_label("relation", links.relation, links.relations, labels[0]),
        _find_label("author", links.author, links.authors, labels[1]),
    ]
    keep = [column == at for column, at in wanted if at is not None]
    rows = np.flatnonzero(np.logical_and.reduce(keep)) if keep else np.arange(len(links))
    return LinkPage(
        root=moment.root,
        height=moment.height,
        items=[link_row(links, int(row)) for row in rows[page.part]],
        cursor=page.following(len(rows)),
    )


def neighbour_page(moment: Moment, page: Page, particle: str | int, *, out: bool) -> LinkPage:
    """A page of the axons of a particle, each with all of its links."""
    graph = moment.graph
    name = graph.particles[find(graph, particle)]
    axons = graph.successors(name) if out else graph.predecessors(name)
    try:
        ranks: Ranks | None = moment.ranks
    except InputError:
        ranks = None
    items = []
    for other, weight in axons[page.part]:
        ends = (name, other) if out else (other, name)
        score = None if ranks is None else float(ranks.scores[graph.index(other)])
        plain = graph.labelled_links is None
        links = [None] if plain else [link for link in graph.between(*ends) if link.weight]
        items += [_neighbour(ends, weight, link, score) for link in links]
    return LinkPage(
        root=moment.root, height=moment.height, items=items, cursor=page.following(len(axons))
    )


def _neighbour(
    ends: tuple[Hashable, Hashable], weight: float, link: Link | None, score: float | None
) -> LinkRow:
    source, target = (in_json(name) for name in ends)
    if link is None:
        return LinkRow(source=source, target=target, weight=weight, score=score)
    return LinkRow(
        source=source,
        target=target,
        weight=link.weight,
        relation=in_json(link.relation) if link.relation != "" else None,
        author=in_json(link.author) if link.author != "" else None,
        time=None if link.time == NO_TIME else link.time,
        score=score,
    )


def link_row(links: LinkColumns, row: int) -> LinkRow:
    """One link as a record."""
    time = None if links.time is None else int(links.time[row])
    return LinkRow(
        source=in_json(links.particles[int(links.source[row])]),
        target=in_json(links.particles[int(links.target[row])]),
        weight=1.0 if links.weight is None else float(links.weight[row]),
        relation=_label(links.relations, links.relation, row),
        author=_label(links.authors, links.author, row),
        time=None if time == NO_TIME else time,
    )


def _label(names: Names | None, column: Any, row: int) -> Name | None:
    if names is None or column is None:
        return None
    name = names[int(column[row])]
    return None if name == "" else in_json(name)


def _find_label(
    kind: str, column: Any, names: Names | None, wanted: str | None
) -> tuple[Any, int | None]:
    if wanted is None:
        return column, None
    at = None if names is None else names.find(wanted)
    if at is None:
        raise UnknownParticleError(wanted, kind, [] if names is None else names.close(wanted))
    return column, at
