"""``python -m benchmarks.page``: writes the tracked results into the pages that show them.

Between ``<!-- results: NAME -->`` and ``<!-- end of results -->`` stand the tables of ``results/NAME.json``; the name
``targets`` stands for the closing table of them all, ``machine`` for what was measured on. Where the code has changed
since a table was measured, the page says so beneath it (``staleness.py``). The pictures of scale, of
sizes and of costs are drawn anew as well.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from benchmarks import curve_plot, plots, size_plot
from benchmarks.data.graphs import ROOT
from benchmarks.harness import RESULTS, Row, Target, columns, shown
from benchmarks.staleness import digests, remark

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

PAGES = [
    ROOT / "docs" / "explanation" / f"{name}.md"
    for name in (
        *("performance", "ledger-performance", "attacks", "live", "compile", "tuning"),
        "who-comes-first",
        *("recall-evaluation", "gpu", "grid-performance", "availability", "network"),
        *("simulation", "light-clients", "consensus", "fraud", "cluster", "cluster-plan"),
        *("hostile-input", "hostile-day", "rules"),
    )
]
_PART = re.compile(r"(<!-- results: (\w+) -->\n).*?(<!-- end of results -->)", re.DOTALL)


def main() -> None:
    """Rewrites the pages."""
    for page in PAGES:
        page.write_text(rewritten(page.read_text()))
    plots.draw()
    size_plot.draw()
    curve_plot.draw()


def rewritten(page: str) -> str:
    """The text of the page with what stands between the marks made anew."""
    marked = {found[2] for found in _PART.finditer(page)}
    paths = [RESULTS / f"{name}.json" for name in sorted(marked)]
    kept = [json.loads(path.read_text()) for path in paths if path.exists()]
    by_name = {result["benchmark"]: result for result in kept}

    def part(found: re.Match[str]) -> str:
        name = found[2]
        parts = {"targets": _targets, "machine": _machine}
        text = parts[name](kept) if name in parts else _tables(by_name.get(name))
        return f"{found[1]}\n{text}\n{found[3]}"

    return _PART.sub(part, page)


def _tables(result: dict[str, Any] | None) -> str:
    if result is None:
        return "Not measured yet.\n"
    missing = [f"{what} did not run: {reason}.\n" for what, reason in result["not_run"].items()]
    parts = [f"**{title}**\n\n{_markdown(rows)}" for title, rows in result["tables"].items()]
    stale = remark(result, digests(result["benchmark"]))
    return "\n".join(parts + missing + ([stale] if stale else []))


def _targets(results: Iterable[dict[str, Any]]) -> str:
    fields = ("what", "limit", "measured", "unit", "at_least")
    return _markdown(
        [
            Target(**{name: target[name] for name in fields}).row()
            for result in results
            for target in result["targets"]
        ]
    )


def _machine(results: Sequence[dict[str, Any]]) -> str:
    # What was measured on a machine with a card says so beside its own tables.
    results = [result for result in results if "packages" in result["machine"]]
    if not results:
        return "Not measured yet.\n"
    machines = sorted(
        (result["machine"] for result in results), key=lambda machine: machine["date"]
    )
    facts = machines[-1]
    # Not every environment has every peer: each package as of the last time that it took part.
    told = [one for machine in machines for one in machine["packages"].items()]
    numbers = dict(one for one in told if one[1] is not None)
    packages = ", ".join(f"{name} {number}" for name, number in numbers.items())
    commits = ", ".join(sorted({str(result["machine"]["commit"]) for result in results}))
    dates = sorted({result["machine"]["date"][:10] for result in results})
    others = max(result["machine"].get("others_share") or 0.0 for result in results)
    return (
        f"{facts['processor']}; {facts['cores']} cores, {facts['memory_gib']} GiB; {facts['system']}, "
        f"Python {facts['python']}; {packages}. Measured on {' and '.join(dates)} at commit {commits}; other processes "
        f"took at most {others:.1%} of the processor meanwhile.\n"
    )


def _markdown(rows: Sequence[Row]) -> str:
    if not rows:
        return "Nothing was measured.\n"
    header = columns(rows)
    lines = [[column.replace("_", " ") for column in header]]
    lines.append(["---" if isinstance(rows[0].get(column), str) else "---:" for column in header])
    lines += [[shown(row.get(column)) for column in header] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


if __name__ == "__main__":
    main()
