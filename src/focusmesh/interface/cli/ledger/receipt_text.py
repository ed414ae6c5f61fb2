"""What a receipt says, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.interface.cli.shared.table import decimals

if TYPE_CHECKING:
    from typing import Any

    from focusmesh.kernel.receipts import Receipt


FACTS = ("weight", "amount", "height")


def summary(receipt: Receipt) -> str:
    """What was proved, in one line."""
    query, result = receipt.query, receipt.result
    if receipt.kind == "link":
        what = "axon" if query["neuron"] is None else "link"
        there = "is there" if result["present"] else "is not there"
        return f"this {what} {there}"
    if receipt.kind == "rank":
        listed = len(result["items"])
        what = f"the first {listed} of the focus" if "top" in query else f"{listed} scores"
        return f"{what}, bound {result['bound']:.1e}"
    order = "their order is settled" if result["settled"] else "their order is not settled"
    how = "by the rows that it shows" if receipt.proof == "rows" else "by answering again"
    return f"a context {how}, bound {result['bound']:.1e}, {order}"


def result_lines(receipt: Receipt) -> list[str]:
    """The answer."""
    query, result = receipt.query, receipt.result
    if receipt.kind != "link":
        return item_lines(result["items"])
    names = result.get("names", {})
    ends = [
        f"{role}  {_plain(names.get(role), query[role])}"
        for role in ("source", "target", "relation")
        if query[role] is not None and query[role].strip("0")
    ]
    if query["neuron"] is not None:
        ends.append(f"neuron  {query['neuron']}")
    facts = [f"{name}  {result[name]}" for name in FACTS if result[name] is not None]
    return [*ends, *facts]


def item_lines(items: list[dict[str, Any]]) -> list[str]:
    """Scores and particles, by name where the receipt proves the name, else by CID."""
    digits = decimals([item["score"] for item in items])
    return [
        f"{item['score']:.{digits}f}  {_plain(item.get('name'), item['particle'])}"
        for item in items
    ]


def _plain(name: str | None, particle: str) -> str:
    from rich.markup import escape

    from focusmesh.interface.cli.shared.particle_names import shown_name

    return escape(shown_name(bytes.fromhex(particle) if name is None else name))
