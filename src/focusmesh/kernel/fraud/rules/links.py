"""Rules of the links in a trace: those of the state, all of them, once from either end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.kernel.fraud.forms import GRAPH, INWARD, OUTWARD, RECORDS, not_proved
from focusmesh.kernel.fraud.row_sums import row_sum

if TYPE_CHECKING:
    from focusmesh.kernel.fraud.view import View

_SIDES = {OUTWARD: "outward", INWARD: "inward"}


def row(view: View, rank: int) -> str | None:
    """A record's links out and their weight against the row in the state."""
    record, kept = view.record(rank), view.kept_row(GRAPH, view.particle(rank))
    there = (0, 0) if kept is None else (kept.axon_count, kept.weight_total)
    if (record["outs"], record["o"]) == there:
        return None
    return f"particle {rank} has {there[0]} links of weight {there[1]}, its record says otherwise"


def link(view: View, at: int, rank: int) -> str | None:
    """A link by source that the state does not have, or not with this weight."""
    _require_in_row(view, OUTWARD, at, rank)
    end, weight = view.link(OUTWARD, at)
    if end >= view.count:
        return f"link {at} ends at no particle"
    kept = view.axon(GRAPH, view.particle(rank), view.particle(end))
    return None if kept == weight else f"link {at} weighs {kept} in the state, not {weight}"


def rising(view: View, tree: int, at: int, rank: int) -> str | None:
    """Two links beside each other in a row do not rise."""
    _require_in_row(view, _side(tree), at, rank)
    _require_in_row(view, tree, at + 1, rank)
    if view.link(tree, at).end < view.link(tree, at + 1).end:
        return None
    return f"{_SIDES[tree]} links {at} and {at + 1} do not rise"


def inlink(view: View, at: int, rank: int, place: int) -> str | None:
    """A link by target that its source does not have: it would stand at ``place`` among the links by source."""
    _require_in_row(view, INWARD, at, rank)
    end, weight = view.link(INWARD, at)
    if end >= view.count:
        return f"inward link {at} begins at no particle"
    first, stop = view.row(OUTWARD, end)
    if not first <= place <= stop:
        raise not_proved(f"place {place} is not in the row of particle {end}")
    if place > first and view.link(OUTWARD, place - 1).end >= rank:
        raise not_proved(f"the link may stand before place {place}")
    if place < stop:
        there = view.link(OUTWARD, place)
        if there.end < rank:
            raise not_proved(f"the link may stand behind place {place}")
        if there == (rank, weight):
            return None
    return f"inward link {at} of weight {weight} is not among the links of its source"


def counts(view: View) -> str | None:
    """The links out or in are not as many as the head says."""
    page = view.record_page(view.page_count(RECORDS) - 1)
    for column in ("outs", "ins"):
        total = page.before[column] + sum(record[column] for record in page.records)
        if total != view.head.links:
            return f"{column} add up to {total}, not to {view.head.links} links"
    return None


def degree(view: View, rank: int) -> str | None:
    """d is not o and the weights of the links in."""
    record = view.record(rank)
    there = record["o"] + row_sum(view, INWARD, "weight", rank)
    return None if record["d"] == there else f"the links of particle {rank} weigh {there}"


def _side(tree: int) -> int:
    if tree not in _SIDES:
        raise not_proved(f"tree {tree} has no links")
    return tree


def _require_in_row(view: View, tree: int, at: int, rank: int) -> None:
    first, stop = view.row(tree, rank)
    if not first <= at < stop:
        raise not_proved(f"link {at} is not of particle {rank}")
