"""What arrives at a particle over the links of a side, from the links of at most a page at each end of its row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.kernel.focus import LINKS_A_PAGE
from focusmesh.kernel.fraud.arithmetic import mass_sent
from focusmesh.kernel.fraud.forms import not_proved

if TYPE_CHECKING:
    from focusmesh.kernel.fraud.view import View

_NEAR = LINKS_A_PAGE // 2


def row_sum(view: View, tree: int, column: str, rank: int) -> int:
    """What ``column`` comes to over the links of a particle; negative where sums are wrong. O(a page of links)."""
    first, stop = view.row(tree, rank)
    if stop - first <= LINKS_A_PAGE:
        return span_sum(view, tree, column, first, stop)
    return _before(view, tree, column, stop) - _before(view, tree, column, first)


def span_sum(view: View, tree: int, column: str, first: int, stop: int) -> int:
    """The same over links first … stop − 1."""
    return sum(link_carries(view, tree, column, at) for at in range(first, stop))


def link_carries(view: View, tree: int, column: str, at: int) -> int:
    """What one link adds to a column: its weight, or what its other end sends over it."""
    end, weight = view.link(tree, at)
    if column == "weight":
        return weight
    sender = view.record(end)
    if column == "P":
        return mass_sent(sender["x"], sender["o"], weight)
    return mass_sent(sender[lane_before(column)], sender["d"], weight)


def lane_before(stage: str) -> str:
    """What Qk is made of: Q of k − 1, or x."""
    k = int(stage[1:])
    return "x" if k == 1 else f"Q{k - 1}"


def _before(view: View, tree: int, column: str, at: int) -> int:
    """The sum over all links before a place, from the start of its page or of the next one, whichever is nearer."""
    page, place = divmod(at, LINKS_A_PAGE)
    if page >= view.page_count(tree):
        raise not_proved(f"there is no link {at}")
    here = view.link_page(tree, page)
    if place <= _NEAR or page + 1 == view.page_count(tree):
        return here.before[column] + span_sum(view, tree, column, at - place, at)
    behind = view.link_page(tree, page + 1)
    stop = at - place + LINKS_A_PAGE
    return behind.before[column] - span_sum(view, tree, column, at, stop)
