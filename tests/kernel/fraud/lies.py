"""Lies by name, each with the rule that it breaks: at least one for every rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.focus import ONE, trace_application
from focusmesh.kernel.focus import (
    LINKS_A_PAGE,
    RECORDS_A_PAGE,
    FocusEdits,
    FocusTrace,
    Held,
)
from focusmesh.kernel.fraud.forms import INWARD, LEADERS, OUTWARD, PARTICLES, RECORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pytest

    from tests.kernel.fraud.liar import Lie

    Telling = Callable[[Lie, pytest.MonkeyPatch], None]

LEADER = 40


def cell(lie: Lie, rank: int, column: str, change: int) -> None:
    """One entry of a record."""
    page, at = divmod(rank, RECORDS_A_PAGE)
    words, form = lie.words(RECORDS, page), lie.form
    words[len(form.summed_columns) + at * len(form.record) + form.record.index(column)] += change
    lie.put(RECORDS, page, words)


def before(lie: Lie, tree: int, page: int, column: int, change: int) -> None:
    """One sum at the start of a page."""
    words = lie.words(tree, page)
    words[column] += change
    lie.put(tree, page, words)


def another_graph(lie: Lie, change: Callable[[dict[tuple[int, int], int]], None]) -> None:
    """The whole focus of a graph with other links, right in itself."""
    axons = lie.held.axons
    rows = np.repeat(np.arange(axons.count), np.diff(axons.out_side.start))
    ends = zip(axons.order[rows].tolist(), axons.order[axons.out_side.column].tolist(), strict=True)
    links = dict(zip(ends, axons.out_side.weight.tolist(), strict=True))
    change(links)
    digests = lie.held.order.digests[lie.held.order.ranks]
    edits = FocusEdits.of(
        digests, [a for a, _ in links], [b for _, b in links], list(links.values())
    )
    held = Held.nothing().with_edits(edits)
    operator = held.operator(lie.ledger.chain.parameters.operator)
    x = lie.held.vector
    for _ in range(400):
        x = operator.image(x)
    lie.take_vector(x)
    lie.take(FocusTrace.of(operator, x))


def links_omitted(lie: Lie, monkeypatch: pytest.MonkeyPatch) -> None:
    def change(links: dict[tuple[int, int], int]) -> None:
        del links[next(iter(links))]

    another_graph(lie, change)


def link_invented(lie: Lie, monkeypatch: pytest.MonkeyPatch) -> None:
    def change(links: dict[tuple[int, int], int]) -> None:
        count = lie.held.axons.count
        pairs = ((a, b) for a in range(count) for b in range(count) if a != b)
        links[next(pair for pair in pairs if pair not in links)] = 5

    another_graph(lie, change)


def link_redirected(lie: Lie, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many links of the same weight, one of them to another particle."""

    def change(links: dict[tuple[int, int], int]) -> None:
        for (source, target), weight in list(links.items()):
            for other in range(lie.held.axons.count):
                if other != source and (source, other) not in links:
                    del links[source, target]
                    links[source, other] = weight
                    return

    another_graph(lie, change)


def weight_moved(lie: Lie, monkeypatch: pytest.MonkeyPatch) -> None:
    """One link of a row weighs one less, another one more: totals stay."""

    def change(links: dict[tuple[int, int], int]) -> None:
        for source, first in links:
            for other, second in links:
                if source == other and first != second and links[source, first] > 1:
                    links[source, first] -= 1
                    links[source, second] += 1
                    return

    another_graph(lie, change)


def inward_swapped(lie: Lie, monkeypatch: pytest.MonkeyPatch) -> None:
    """The inward links with one source in place of another, all that follows worked out from them."""
    operator = lie.held.operator(lie.ledger.chain.parameters.operator)
    made = trace_application(operator, lie.held.vector, LINKS_A_PAGE)
    inward = made.links.inward
    column = inward.column.copy()
    at = int(np.argmax(np.diff(inward.start)))
    first, stop = int(inward.start[at]), int(inward.start[at + 1])
    unused = sorted(set(range(len(made.x))) - set(column[first:stop].tolist()) - {at})
    column[first] = unused[0]
    column[first:stop].sort()
    links = made.links.__class__(made.links.outward, inward._replace(column=column))
    monkeypatch.setattr("focusmesh.engine.focus.certificate.traced.RankedLinks.of", lambda _: links)
    lie.take(FocusTrace.of(operator, lie.held.vector))
    lie.certificate["rise"] = 1


def stage_bent(name: str) -> Telling:
    """Two entries of a stage are off by one either way, and all that follows is worked out from them."""

    def tell(lie: Lie, monkeypatch: pytest.MonkeyPatch) -> None:
        from focusmesh.engine.focus.certificate import operator as certificate_operator
        from focusmesh.engine.focus.certificate import traced as certificate_traced

        honest = certificate_operator.stages_by

        def bent(*given: Any) -> Iterator[tuple[str, Any, int, int]]:
            for stage, values, missing, leftover in honest(*given):
                if stage == name:
                    values[3] += np.uint64(1)
                    values[5] -= np.uint64(1)
                yield stage, values, missing, leftover

        monkeypatch.setattr(certificate_traced, "stages_by", bent)
        operator = lie.held.operator(lie.ledger.chain.parameters.operator)
        lie.take(FocusTrace.of(operator, lie.held.vector))

    return tell


def rise_hidden(lie: Lie, monkeypatch: pytest.MonkeyPatch) -> None:
    """A vector that is no focus, with a rise that would do."""
    x = np.full(len(lie.held.vector), ONE // len(lie.held.vector), dtype=np.uint64)
    x[0] += np.uint64(ONE - int(x.sum()))
    lie.take_vector(x)
    operator = lie.held.operator(lie.ledger.chain.parameters.operator)
    lie.take(FocusTrace.of(operator, x))
    lie.certificate["rise"] = 1


def rise_claimed(lie: Lie, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same, saying so."""
    rise_hidden(lie, monkeypatch)
    lie.certificate["rise"] = lie.ledger.chain.parameters.residual_limit + 1


def too_much(lie: Lie, monkeypatch: pytest.MonkeyPatch) -> None:
    """A vector that adds up to one more than it may."""
    x = lie.held.vector.copy()
    x[7] += np.uint64(1)
    lie.take_vector(x)
    cell(lie, 7, "x", 1)


def too_much_summed(lie: Lie, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same, with sums that hide it further on."""
    too_much(lie, monkeypatch)
    column = lie.form.summed_columns.index("x")
    for page in range(2, 5):
        before(lie, RECORDS, page, column, 1)


def under_floor(lie: Lie, monkeypatch: pytest.MonkeyPatch) -> None:
    x = lie.held.vector.copy()
    x[2] += x[9]
    x[9] = 0
    lie.take_vector(x)


def counted_wrong(lie: Lie, monkeypatch: pytest.MonkeyPatch) -> None:
    lie.certificate["particles"] = len(lie.held.vector) + 1


def particles_turned(lie: Lie, monkeypatch: pytest.MonkeyPatch) -> None:
    page = lie.pages[PARTICLES][1]
    lie.pages[PARTICLES][1] = page[32:64] + page[:32] + page[64:]


def replace_particle(lie: Lie, rank: int) -> None:
    """Another particle in place of one, in order."""
    page, at = divmod(rank, 16)
    content = bytearray(lie.pages[PARTICLES][page])
    content[32 * at + 31] ^= 1
    lie.pages[PARTICLES][page] = bytes(content)


def _rank(lie: Lie, linking: bool) -> int:
    out = lie.held.axons.out.exact[lie.held.axons.position[lie.held.order.ids]]
    return int(np.flatnonzero((out > 0) == linking)[0])


def source_replaced(lie: Lie, monkeypatch: pytest.MonkeyPatch) -> None:
    replace_particle(lie, _rank(lie, linking=True))


def target_replaced(lie: Lie, monkeypatch: pytest.MonkeyPatch) -> None:
    replace_particle(lie, _rank(lie, linking=False))


def leader(lie: Lie, at: int) -> bytes:
    return b"".join(lie.pages[LEADERS])[at * LEADER : (at + 1) * LEADER]


def put_leaders(lie: Lie, entries: list[bytes]) -> None:
    lie.pages[LEADERS] = [b"".join(entries[at : at + 16]) for at in range(0, len(entries), 16)]


def leaders(lie: Lie) -> list[bytes]:
    return [leader(lie, at) for at in range(len(lie.held.vector))]


def leader_praised(lie: Lie, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = leaders(lie)
    first = int.from_bytes(entries[0][32:], "big")
    entries[0] = entries[0][:32] + (first + 1).to_bytes(8, "big")
    put_leaders(lie, entries)


def leader_unheard_of(lie: Lie, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = leaders(lie)
    entries[4] = bytes(32) + entries[4][32:]
    put_leaders(lie, entries)


def leaders_turned(lie: Lie, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = leaders(lie)
    entries[2:4] = entries[3], entries[2]
    put_leaders(lie, entries)


def link_turned(lie: Lie, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two links of one row in each other's place."""
    start = np.concatenate(([0], np.cumsum(_column(lie, "outs"))))
    row = int(np.flatnonzero(np.diff(start) > 1)[0])
    page, at = divmod(int(start[row]), LINKS_A_PAGE)
    words, first = lie.words(OUTWARD, page), len(lie.form.outward)
    words[first + at : first + at + 2] = words[first + at : first + at + 2][::-1]
    lie.put(OUTWARD, page, words)


def _column(lie: Lie, name: str) -> list[int]:
    form, found = lie.form, []
    for page in range(len(lie.pages[RECORDS])):
        words = lie.words(RECORDS, page)[len(form.summed_columns) :]
        found += words[form.record.index(name) :: len(form.record)]
    return found


def mass_hidden(lie: Lie, monkeypatch: pytest.MonkeyPatch) -> None:
    """Less is missing from D than was filled."""
    missing = list(lie.honest.head.missing)
    missing[0] -= 1
    lie.head["missing"] = tuple(missing)


def mass_filled_less(lie: Lie, monkeypatch: pytest.MonkeyPatch) -> None:
    """Less is missing from the last Q, and as much less is filled in."""
    from focusmesh.kernel.fraud.arithmetic import filled_at, leftover_of

    head, count, at = lie.honest.head, len(lie.held.vector), lie.form.terms
    less = head.missing[at] - 5
    left = leftover_of(less, count)
    for rank in range(count):
        was = filled_at(head.missing[at], head.leftover[at], rank, count)
        cell(lie, rank, f"Q{at}", filled_at(less, left, rank, count) - was)
    lie.head["missing"] = (*head.missing[:at], less, *head.missing[at + 1 :])
    lie.head["leftover"] = (*head.leftover[:at], left, *head.leftover[at + 1 :])


def plain(change: Callable[[Lie], None]) -> Telling:
    """A lie that needs nothing else."""
    return lambda lie, _: change(lie)


def _header(**fields: object) -> Telling:
    return plain(lambda lie: lie.header.update(fields))


def _certificate(**fields: object) -> Telling:
    return plain(lambda lie: lie.certificate.update(fields))


def state_kept(lie: Lie, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another certificate in the header, the right one in the state."""
    lie.header["state_root"] = lie.block.header.state_root
    lie.certificate["rise"] = 2


def _shorter(tree: int) -> Telling:
    return plain(lambda lie: lie.pages[tree].__setitem__(0, lie.pages[tree][0][:-1]))


LIES: dict[str, tuple[Telling, str]] = {
    "links omitted": (links_omitted, "row"),
    "link invented": (link_invented, "row"),
    "link redirected": (link_redirected, "link"),
    "weight moved": (weight_moved, "link"),
    "links out of order": (link_turned, "rising"),
    "inward link of another source": (inward_swapped, "inlink"),
    "rise hidden": (rise_hidden, "total"),
    "rise above the limit": (rise_claimed, "certificate"),
    "adds up to too much": (too_much, "sums"),
    "adds up to too much further on": (too_much_summed, "sums"),
    "under its floor": (under_floor, "bounds"),
    "another vector": (plain(lambda lie: lie.take_vector(lie.held.vector[::-1].copy())), "value"),
    "counted wrong": (counted_wrong, "size"),
    "particles turned": (particles_turned, "order"),
    "source replaced": (source_replaced, "source"),
    "target replaced": (target_replaced, "target"),
    "leader praised": (leader_praised, "leader-value"),
    "leader unheard of": (leader_unheard_of, "leader-unknown"),
    "leaders turned": (leaders_turned, "leader-order"),
    "mass hidden": (mass_hidden, "spread"),
    "mass filled in less": (mass_filled_less, "sums"),
    "d": (plain(lambda lie: cell(lie, 3, "d", 1)), "degree"),
    "o": (plain(lambda lie: cell(lie, 3, "o", 1)), "row"),
    "links out": (plain(lambda lie: cell(lie, 3, "outs", 1)), "sums"),
    "links in": (plain(lambda lie: cell(lie, len(lie.held.vector) - 1, "ins", 1)), "counts"),
    "x": (plain(lambda lie: cell(lie, 3, "x", 1)), "value"),
    "links counted": (plain(lambda lie: lie.head.update(links=lie.honest.head.links + 1)), "counts"),
    "sums of records": (plain(lambda lie: before(lie, RECORDS, 0, 4, 1)), "begin"),
    "sums of links out": (plain(lambda lie: before(lie, OUTWARD, 0, 0, 1)), "begin"),
    "sums of links in": (plain(lambda lie: before(lie, INWARD, 0, 1, 1)), "begin"),
    "weights before a page": (plain(lambda lie: before(lie, INWARD, 1, 0, 1)), "sums"),
    "P before a page": (plain(lambda lie: before(lie, INWARD, 2, 1, 1)), "sums"),
    "Q2 before a page": (plain(lambda lie: before(lie, OUTWARD, 2, 1, 1)), "sums"),
    **{name: (stage_bent(name), "stage") for name in ("P", "D", "Q1", "Q5", "Q8", "R")},
    **{f"page of tree {tree}": (_shorter(tree), "form") for tree in range(6)},
    "limit": (_certificate(limit=1), "certificate"),
    "parameters": (_certificate(params_hash=bytes(32)), "certificate"),
    "height": (_certificate(height=1), "certificate"),
    "no trace": (_certificate(trace_root=bytes(32)), "certificate"),
    "graph root": (_certificate(graph_root=bytes(32)), "graph"),
    "rise": (plain(lambda lie: lie.certificate.update(rise=0)), "total"),
    "another certificate in the state": (state_kept, "entry"),
    "no focus": (
        plain(lambda lie: lie.header.update(focus_certificate=None, focus_root=bytes(32))),
        "certificate",
    ),
}  # fmt: skip
