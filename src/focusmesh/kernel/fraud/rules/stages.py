"""Rules of the vector and of every stage: entries, sums over particles and over links, what was filled up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.focus import ONE, SCALE
from focusmesh.kernel.fraud.arithmetic import filled_at, floor_of, leftover_of
from focusmesh.kernel.fraud.forms import INWARD, OUTWARD, RECORDS, TREE_NAMES, not_proved
from focusmesh.kernel.fraud.row_sums import lane_before, row_sum, span_sum

if TYPE_CHECKING:
    from focusmesh.kernel.fraud.view import View
from focusmesh.kernel.focus import LINKS_A_PAGE


def bounds(view: View, rank: int) -> str | None:
    """An entry of the vector that is above 2⁶³ or under its floor."""
    operator, entry = view.operator, view.value(rank)
    least = floor_of(operator.alpha, operator.diffusion, rank, view.count)
    return None if least <= entry <= ONE else f"entry {rank} is {entry}, not within {least} … 2^63"


def value(view: View, rank: int) -> str | None:
    """x in the trace is not the entry of the vector."""
    same = view.record(rank)["x"] == view.value(rank)
    return None if same else f"x of particle {rank} is not its entry of the vector"


def begin(view: View, tree: int) -> str | None:
    """The sums before the first page are not all 0."""
    if tree == RECORDS:
        before = view.record_page(0).before
    elif tree in (OUTWARD, INWARD):
        before = view.link_page(tree, 0).before
    else:
        raise not_proved(f"tree {tree} has no sums")
    wrong = [name for name, there in before.items() if there]
    return f"{TREE_NAMES[tree]}: {wrong[0]} does not begin with 0" if wrong else None


def sums(view: View, tree: int, index: int, column: int) -> str | None:
    """From one page to the next a sum does not grow by what is on the page."""
    if not 0 <= index < view.page_count(tree) - 1:
        raise not_proved(f"tree {tree} has no pages {index} and {index + 1}")
    if tree == RECORDS:
        name = _name_at(view.form.summed_columns, column)
        page, behind = view.record_page(index), view.record_page(index + 1).before
        grown = sum(_amount(record, name) for record in page.records)
        there = page.before[name] + grown
    elif tree in (OUTWARD, INWARD):
        name = _name_at(view.link_columns(tree), column)
        before, behind = view.link_page(tree, index).before, view.link_page(tree, index + 1).before
        first = index * LINKS_A_PAGE
        there = before[name] + span_sum(view, tree, name, first, first + LINKS_A_PAGE)
    else:
        raise not_proved(f"tree {tree} has no sums")
    if behind[name] == there:
        return None
    return f"{TREE_NAMES[tree]}: {name} before page {index + 1} is {there}, not {behind[name]}"


def total(view: View, column: int) -> str | None:
    """A stage does not add up to 2⁶³, or the rise not to that of the certificate."""
    name = _name_at(view.form.summed_columns, column)
    if name in ("outs", "ins"):
        raise not_proved("links are counted by another rule")
    page = view.record_page(view.page_count(RECORDS) - 1)
    there = page.before[name] + sum(_amount(record, name) for record in page.records)
    wanted = view.certificate.rise if name == "rise" else ONE
    return None if there == wanted else f"{name} adds up to {there}, not to {wanted}"


def spread(view: View, stage: int) -> str | None:
    """What is filled up is no mass, or leaves another remainder."""
    name = _name_at(view.form.filled_stages, stage)
    missing, leftover = view.head.missing[stage], view.head.leftover[stage]
    if missing <= ONE and leftover == leftover_of(missing, view.count):
        return None
    return f"{name} is not filled with {missing} and {leftover} left over"


def stage(view: View, column: int, rank: int) -> str | None:
    """An entry of P, D, Qk or R does not follow from the row of its particle and the stages before."""
    name = _name_at(["P", *view.form.filled_stages], column)
    there = view.record(rank)[name]
    made = (
        row_sum(view, INWARD, "P", rank) if name == "P" else _filled_entry(view, name, column, rank)
    )
    return None if there == made else f"{name} of particle {rank} is {made}, not {there}"


def _filled_entry(view: View, name: str, column: int, rank: int) -> int:
    missing, leftover = view.head.missing[column - 1], view.head.leftover[column - 1]
    return _mixed_entry(view, name, rank) + filled_at(missing, leftover, rank, view.count)


def _mixed_entry(view: View, name: str, rank: int) -> int:
    """An entry before it is filled up."""
    record, operator = view.record(rank), view.operator
    if name == "D":
        return record["P"] * (SCALE - operator.alpha) // SCALE
    if name == "R":
        lanes = ["x", *view.form.mixing_stages]
        shares = zip(lanes, operator.series, strict=True)
        mixed = sum(record[lane] * factor // SCALE for lane, factor in shares)
        return record["D"] * operator.diffusion // SCALE + mixed
    if not record["d"]:
        return record[lane_before(name)]
    return sum(row_sum(view, tree, name, rank) for tree in (INWARD, OUTWARD))


def _amount(record: dict[str, int], name: str) -> int:
    return max(0, record["R"] - record["x"]) if name == "rise" else record[name]


def _name_at(names: list[str], at: int) -> str:
    if not 0 <= at < len(names):
        raise not_proved(f"there is no column {at}")
    return names[at]
