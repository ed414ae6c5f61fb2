"""Tables of what benchmarks/cards/card.py measured: medians of its raw samples, with the targets beside them."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.harness import Row

_GRAPHS = {"rmat22x24": "2²² × 24", "rmat23x12": "2²³ × 12", "rmat26x16": "2²⁶ × 16"}
_MODES = ("PageRank", "full")
_CONTEXTS = 1000


def tables(told: dict[str, Any]) -> dict[str, list[Row]]:
    """The tables of those parts that were measured."""
    graphs = {title: told[name] for name, title in _GRAPHS.items() if name in told}
    of_passes = {title: one for title, one in graphs.items() if "float_ms" in one}
    made = {
        "Against the targets (ratios; else milliseconds)": [
            *_targets(graphs),
            *_webgpu_targets(told),
            *_called_targets(told),
        ],
        "A pass over 10⁸ links (milliseconds)": [_passes(*one) for one in of_passes.items()],
        "Certified solves, cold, bound ≤ 10⁻⁶ (milliseconds)": list(_solves(graphs)),
        "Contexts and edits (milliseconds)": list(_rest(of_passes)),
        "Through Graph.focus on 16 million links (milliseconds)": list(_public(told)),
        "Through Graph.focus on 10⁸ links (milliseconds)": list(_called(told)),
        "Through WebGPU on the same card (milliseconds; passes beside CUDA's)": list(_webgpu(told)),
        "What bounds each kernel (share of the peak, %)": list(_kernels(told)),
    }
    return {title: rows for title, rows in made.items() if rows}


def _targets(graphs: dict[str, Any]) -> Iterator[Row]:
    for title, one in graphs.items():
        if "float_ms" in one:
            vendor = median(one["vendor_float_ms"])
            yield _target(
                title, "float pass ÷ vendor's product", 1.0, median(one["float_ms"]) / vendor
            )
            if "integer_ms" in one:
                ratio = median(one["integer_ms"]) / vendor
                yield _target(title, "integer pass ÷ vendor's product", 1.4, ratio)
            yield _target(title, "build from host arrays", 1000.0, median(one["build_ms"]))
            yield _target(
                title, "PageRank mode, certified", 15.0, median(one["PageRank"]["solve_ms"])
            )
            yield _target(title, "tri-kernel, certified", 140.0, median(one["full"]["solve_ms"]))
            yield _target(title, "10,000 links more", 10.0, median(one["PageRank"]["edit_ms"]))
            yield _target(title, "the same, and certified again (PageRank mode)", 10.0, _edit(one))
            contexts = max(median(one[mode][f"contexts_{_CONTEXTS}_ms"]) for mode in _MODES)
            yield _target(title, "1,000 fast contexts (slower mode)", 1000.0, contexts)


def _webgpu_targets(told: dict[str, Any]) -> Iterator[Row]:
    for name, title in _GRAPHS.items():
        one = told.get("webgpu", {}).get(name)
        if one is not None:
            yield _target(title, "WebGPU's float pass ÷ CUDA's", 2.0, _to_cuda(one, "float"))


def _called_targets(told: dict[str, Any]) -> Iterator[Row]:
    for row in _called(told):
        what = f"Graph.focus ÷ solve alone, {row['mode']}"
        yield _target("2²² × 24", what, 1.3, float(row["Graph.focus ÷ solve"] or 0))
    checked = told.get("called22x24", {}).get("verify_ms")
    if checked:
        what = "certificate verified, integer axons kept"
        yield _target("2²² × 24", what, 300.0, median(checked))


def _to_cuda(one: dict[str, Any], kind: str) -> float:
    ratio: float = median(one["threads_256"][f"{kind}_ms"]) / median(one[f"cuda_{kind}_ms"])
    return ratio


def _edit(one: dict[str, Any]) -> float:
    mode = one["PageRank"]
    pairs = zip(mode["edit_ms"], mode["edit_solve_ms"], strict=True)
    return float(median(edit + solve for edit, solve in pairs))


def _target(graph: str, what: str, target: float, measured: float) -> Row:
    verdict = "met" if measured <= target else "MISSED"
    return {"graph": graph, "what": what, "target": target, "measured": measured, "": verdict}


def _passes(title: str, one: dict[str, Any]) -> Row:
    row: Row = {"graph": title, "axons": one["axons"]}
    names = {"float": "float32", "double": "float64", "float2": "two float32", "integer": "integer"}
    for name, shown in names.items():
        row[shown] = median(one[f"{name}_ms"]) if f"{name}_ms" in one else None
    row["vendor's float32"] = median(one["vendor_float_ms"])
    row["copy, GB/s"] = one["copy_gb_per_s"]
    return row


def _solves(graphs: dict[str, Any]) -> Iterator[Row]:
    for title, one in graphs.items():
        for mode in _MODES:
            solved = one[mode]
            total = median(solved["solve_ms"])
            over_links = solved.get("passes_over_links")
            yield {
                "graph": title,
                "mode": mode,
                "applications of R": solved["applications"],
                "approximate ones": solved["passes"],
                "passes over the links": over_links,
                "ms a pass": total / over_links if over_links else None,
                "solve": total,
                "bound": solved["bound"],
            }


def _rest(graphs: dict[str, Any]) -> Iterator[Row]:
    for title, one in graphs.items():
        for mode in _MODES:
            told = one[mode]
            row: Row = {"graph": title, "mode": mode}
            for count in (1, 16, 64, _CONTEXTS):
                samples = told.get(f"contexts_{count}_ms")
                row[f"{count:,} contexts"] = median(samples) if samples else None
            row["10,000 links more"] = median(told["edit_ms"])
            row["focus again"] = median(told["edit_solve_ms"])
            yield row


def _public(told: dict[str, Any]) -> Iterator[Row]:
    for mode in _MODES:
        one = told.get("public", {}).get(mode)
        if one is None:
            continue
        times = one["first_and_later_ms"]
        yield {
            "mode": mode,
            "card, first call": times["cuda"][0],
            "card, later": median(times["cuda"][1:]),
            "host, later": median(times["cpu"][1:]),
            "memory estimated, MiB": one["estimated_bytes"] / 2**20,
            "taken, MiB": one["taken_bytes"] / 2**20,
        }


def _called(told: dict[str, Any]) -> Iterator[Row]:
    for mode in _MODES:
        one = told.get("called22x24", {}).get(mode)
        if one is None:
            continue
        solve, call = median(one["solve_ms"]), median(one["call_ms"])
        yield {
            "mode": mode,
            "solve alone": solve,
            "Graph.focus": call,
            "Graph.focus ÷ solve": call / solve,
            "scores read on the host": median(one["read_ms"]),
        }


def _webgpu(told: dict[str, Any]) -> Iterator[Row]:
    for name, title in _GRAPHS.items():
        one = told.get("webgpu", {}).get(name)
        if one is None:
            continue
        row: Row = {"graph": title}
        for shown, kind in {"float32": "float", "two float32": "float2"}.items():
            row[shown] = median(one["threads_256"][f"{kind}_ms"])
            row[f"{shown} ÷ CUDA"] = _to_cuda(one, kind)
        row["whole numbers"] = median(one["threads_256"]["exact_ms"])
        for mode in _MODES:
            row[f"{mode}, certified"] = median(one[mode]["solve_ms"])
        yield row


def _kernels(told: dict[str, Any]) -> Iterator[Row]:
    for name, one in told.get("profile", {}).items():
        if isinstance(one, dict):
            yield {
                "kernel": f"`{name}`",
                "µs": one["microseconds"],
                "memory": one["memory"],
                "second-level cache": one["second_level_cache"],
                "first-level cache": one["first_level_cache"],
                "arithmetic": one["arithmetic"],
                "bound by": one["bound_by"].replace("_", " "),
            }
