"""Where the particles of a picture go: chosen, grouped, laid out, and moved apart until no label is hidden.

Everything here is in points (1/72 inch) on a canvas of a given size and needs no canvas to be tested.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.engine.links import LinkView
    from focusmesh.engine.support.arrays import FloatArray, OffsetArray

SMALLEST_RADIUS, LARGEST_RADIUS = 3.5, 26.0
SMALLEST_FONT, LARGEST_FONT = 6.5, 11.0
LABEL_GAP = 1.5
LONGEST_LABEL = 30
ALONE = -1
_SEPARATION_ROUNDS = 600
_MARGIN = 6.0


@dataclass(frozen=True, slots=True)
class Net:
    """The part of a graph that is drawn: ``chosen`` particles and the links among them, summed by pair.

    ``source``, ``target`` index ``chosen``; ``relation`` holds the heaviest relation of each pair, or is None.
    """

    chosen: OffsetArray
    source: OffsetArray
    target: OffsetArray
    weight: FloatArray
    relation: OffsetArray | None


def companions(graph: LinkView, core: OffsetArray, scores: FloatArray, count: int) -> OffsetArray:
    """Up to ``count`` more particles that tie ``core`` together: by score times links into it. O(m).

    The first of a ranking often have no links among themselves; those between them tell why they are first.
    """
    links = graph.links()
    inside = np.zeros(graph.particle_count, dtype=np.bool_)
    inside[core] = True
    out = np.bincount(links.target[inside[links.source]], minlength=len(inside))
    back = np.bincount(links.source[inside[links.target]], minlength=len(inside))
    worth = np.where(inside, 0.0, scores * (out + back))
    best = np.argsort(-worth, kind="stable")[:count]
    return best[worth[best] > 0]


def net_of(graph: LinkView, chosen: OffsetArray) -> Net:
    """The links among ``chosen`` (indices of particles). O(m)."""
    links = graph.links()
    place = np.full(graph.particle_count, -1, dtype=np.int64)
    place[chosen] = np.arange(len(chosen))
    source, target = place[links.source], place[links.target]
    kept = np.flatnonzero((source >= 0) & (target >= 0) & (source != target))
    weight = np.ones(len(kept)) if links.weight is None else links.weight[kept].astype(np.float64)
    relation = None if links.relation is None else links.relation[kept].astype(np.int64)
    return _sum_pairs(chosen, source[kept], target[kept], weight, relation)


def _sum_pairs(
    chosen: OffsetArray,
    source: OffsetArray,
    target: OffsetArray,
    weight: FloatArray,
    relation: OffsetArray | None,
) -> Net:
    """One row for each ordered pair; the heaviest single link gives its relation."""
    heaviest_last = np.argsort(weight, kind="stable")
    pair = source * len(chosen) + target
    pairs, group = np.unique(pair, return_inverse=True)
    total = np.bincount(group, weights=weight, minlength=len(pairs)).astype(np.float64)
    leading = None
    if relation is not None:
        leading = np.zeros(len(pairs), dtype=np.int64)
        leading[group[heaviest_last]] = relation[heaviest_last]
    return Net(chosen, pairs // len(chosen), pairs % len(chosen), total, leading)


def clusters(net: Net) -> OffsetArray:
    """A cluster number for each chosen particle, 0 the largest, −1 alone; the same for the same net."""
    nx = _networkx()
    undirected = _undirected_net(net)
    found = nx.community.louvain_communities(undirected, weight="weight", seed=7)
    number = np.zeros(len(net.chosen), dtype=np.int64)
    for place, members in enumerate(sorted(found, key=lambda group: (-len(group), min(group)))):
        number[list(members)] = place if len(members) > 1 else ALONE
    return number


def positions(net: Net, width: float, height: float) -> FloatArray:
    """Positions (shape (n, 2)) with linked particles near each other, spread over the whole canvas."""
    nx = _networkx()
    undirected = _undirected_net(net)
    # A weak pull to a middle that is not drawn keeps parts without a link between them together.
    undirected.add_edges_from(((i, "middle") for i in range(len(net.chosen))), attraction=0.15)
    spread = nx.spring_layout(
        undirected, weight="attraction", k=2.2 / np.sqrt(len(net.chosen)), iterations=400, seed=7
    )
    raw = np.array([spread[i] for i in range(len(net.chosen))], dtype=np.float64)
    # Half by rank: a few outliers must not press everything else into one spot.
    evened = 0.4 * _to_unit(raw) + 0.6 * _to_unit(raw.argsort(axis=0).argsort(axis=0))
    box = np.array([width, height])
    return np.asarray(0.08 * box + 0.84 * box * evened)


def separate_boxes(
    place: FloatArray, boxes: FloatArray, width: float, height: float, fixed: int = 0
) -> FloatArray:
    """``place`` changed as little as needed so that no two boxes overlap and all lie on the canvas.

    ``boxes`` (shape (n, 4)) are left, bottom, right, top around each position; the last ``fixed`` of them stay
    where they are. Pairs that overlap are pushed apart along the axis that needs less, again and again; on a
    canvas that is too small some overlap stays.
    """
    place = place.copy()
    moving = len(place) - fixed
    place, held = place[:moving], place[moving:]
    for _ in range(_SEPARATION_ROUNDS):
        push = _push(np.concatenate((place, held)), boxes)[:moving]
        place += push
        low = _MARGIN - boxes[:moving, :2]
        high = np.array([width, height]) - _MARGIN - boxes[:moving, 2:]
        np.clip(place, low, np.maximum(low, high), out=place)
        if np.abs(push).max(initial=0.0) < 1e-3:
            break
    return np.concatenate((place, held))


def _push(place: FloatArray, boxes: FloatArray) -> FloatArray:
    """For each box the sum of half of what each overlapping pair needs."""
    left, right = place[:, 0] + boxes[:, 0], place[:, 0] + boxes[:, 2]
    bottom, top = place[:, 1] + boxes[:, 1], place[:, 1] + boxes[:, 3]
    across = np.minimum.outer(right, right) - np.maximum.outer(left, left)
    along = np.minimum.outer(top, top) - np.maximum.outer(bottom, bottom)
    overlap = (across > 0) & (along > 0)
    np.fill_diagonal(overlap, False)
    sideways = overlap & (across < along)
    upright = overlap & ~sideways
    push = np.zeros_like(place)
    push[:, 0] = 0.3 * (np.where(sideways, across, 0.0) * _signs((left + right) / 2)).sum(axis=1)
    push[:, 1] = 0.3 * (np.where(upright, along, 0.0) * _signs((bottom + top) / 2)).sum(axis=1)
    return push


def _signs(centre: FloatArray) -> FloatArray:
    """+1 where box i lies after box j, −1 before; by number where they share a centre."""
    count = np.arange(len(centre))
    apart = np.sign(np.subtract.outer(centre, centre))
    return np.where(apart == 0, np.sign(np.subtract.outer(count, count)), apart)


def radii(scores: FloatArray) -> FloatArray:
    """Radius of each disc: its area is proportional to the score, down to a size that is still seen."""
    largest = float(scores.max(initial=0.0)) or 1.0
    return np.maximum(SMALLEST_RADIUS, LARGEST_RADIUS * np.sqrt(scores / largest))


def font_sizes(radius: FloatArray) -> FloatArray:
    """Larger discs speak louder."""
    part = (radius - SMALLEST_RADIUS) / (LARGEST_RADIUS - SMALLEST_RADIUS)
    return SMALLEST_FONT + (LARGEST_FONT - SMALLEST_FONT) * part


def label_boxes(labels: Sequence[str], radius: FloatArray, fonts: FloatArray) -> FloatArray:
    """Left, bottom, right, top of each disc with its label under it."""
    half = np.array([text_width(text, size) for text, size in zip(labels, fonts, strict=True)]) / 2
    side = np.maximum(radius, 1.04 * half) + 3.5
    return np.column_stack((-side, -radius - LABEL_GAP - 1.35 * fonts, side, radius + 2.0))


def text_width(text: str, size: float) -> float:
    """Width of a label in points."""
    from matplotlib.textpath import TextPath

    return float(TextPath((0, 0), text.replace("$", r"\$"), size=size).get_extents().width)


def short_label(text: str) -> str:
    """``text`` on one line of at most thirty characters; of a dotted name the end is kept."""
    plain = "".join(c if c.isprintable() else " " for c in text)
    if len(plain) <= LONGEST_LABEL:
        return plain
    parts = plain.split(".")
    while len(parts) > 1 and len(".".join(parts)) > LONGEST_LABEL - 1:
        parts.pop(0)
    tail = ".".join(parts)
    return "…" + tail if len(tail) < LONGEST_LABEL else plain[: LONGEST_LABEL - 1] + "…"


def _networkx() -> Any:
    try:
        import networkx as nx
    except ImportError as error:
        raise MissingExtraError("plot", "a picture of a graph") from error
    return nx


def _to_unit(values: Any) -> FloatArray:
    """Each column stretched to 0 … 1."""
    low, high = values.min(axis=0), values.max(axis=0)
    return np.asarray((values - low) / np.where(high > low, high - low, 1.0), dtype=np.float64)


def _undirected_net(net: Net) -> Any:
    """The net for NetworkX; ``attraction`` evens out weights, which span orders of magnitude."""
    nx = _networkx()
    graph = nx.Graph()
    graph.add_nodes_from(range(len(net.chosen)))
    for source, target, weight in zip(
        net.source.tolist(), net.target.tolist(), net.weight.tolist(), strict=True
    ):
        known = graph.get_edge_data(source, target, {"weight": 0.0})["weight"]
        total = known + weight
        graph.add_edge(source, target, weight=total, attraction=1.0 + np.log1p(total))
    return graph
