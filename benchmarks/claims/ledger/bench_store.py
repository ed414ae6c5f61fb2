"""Links in the ledger's store: a million of them at once, then blocks of 10,000 changes; beside SQLite and bare LMDB.

Ours gives ids, rows by source, the roots of every touched row and the way back; the others keep keys and amounts.
"""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.harness import Result, Row, Target, quotient, ratio
from benchmarks.peers.stores import STORES, Changes, Drawn, Kept, Own, Taken

_LOAD_SECONDS, _APPLY_MS = 4.0, 80.0
_BYTES, _HISTORY_BYTES = 300.0, 150.0
OWN = "focusmesh"


def measure(quick: bool) -> Result:
    """R-MAT of a million links over 2¹⁷ particles."""
    scale, link_count, block_links = (14, 100_000, 1_000) if quick else (17, 1_000_000, 10_000)
    drawn = Drawn(scale, link_count, block_links)
    blocks = [drawn.block() for _ in range(3 if quick else 7)]
    result = Result("store")
    with TemporaryDirectory() as folder:
        _warm(Path(folder) / "warm")
        for name in STORES:
            (Path(folder) / name).mkdir()
        stores = {name: kind(Path(folder) / name) for name, kind in STORES.items()}
        loads = {name: store.add(drawn.first, 1) for name, store in stores.items()}
        sizes = {name: store.used_bytes() for name, store in stores.items()}
        times = _interleaved(stores, blocks)
        axons = _loading(stores[OWN])
        for store in stores.values():
            store.close()
    title = f"{link_count:,} links of {drawn.particle_count:,} particles, in one transaction"
    result.add(title, [_load_row(name, loads, sizes, link_count) for name in stores])
    result.add(
        f"then blocks of {block_links:,} changed links (medians of {len(blocks)})",
        [_block_row(name, times, block_links) for name in stores],
    )
    result.add("every axon read from the store", [axons])
    if not quick:
        result.targets = _targets(loads[OWN], times[OWN], sizes[OWN] / link_count, block_links)
    return result


def _warm(folder: Path) -> None:
    """A small graph through our store, in machine code, so that nothing is compiled while it is timed."""
    folder.mkdir()
    store = Own(folder)
    store.add(Drawn(14, 150_000, 10).first, 1)
    store.close()


def _interleaved(stores: dict[str, Kept], blocks: list[Changes]) -> dict[str, list[Taken]]:
    times: dict[str, list[Taken]] = {name: [] for name in stores}
    for at, block in enumerate(blocks):
        for name, store in stores.items():
            times[name].append(store.add(block, 2 + at))
    return times


def _loading(store: Kept) -> Row:
    assert isinstance(store, Own)
    begun = time.perf_counter()
    count = store.axon_count()
    seconds = time.perf_counter() - begun
    return {"axons": count, "seconds": seconds, "M_axons_per_s": quotient(count, seconds, 1e6)}


def _load_row(name: str, loads: dict[str, Taken], sizes: dict[str, int], links: int) -> Row:
    taken, own = loads[name], loads[OWN]
    return {
        "store": name,
        "change_s": taken.change,
        "commit_s": taken.commit,
        "ratio": ratio(taken.change + taken.commit, own.change + own.commit),
        "k_links_per_s": quotient(links, taken.change + taken.commit, 1e3),
        "bytes_a_link": sizes[name] / links,
    }


def _block_row(name: str, times: dict[str, list[Taken]], links: int) -> Row:
    change, commit, whole = _medians(times[name])
    history = times[name][0].history_bytes
    return {
        "store": name,
        "change_ms": 1e3 * change,
        "commit_ms": 1e3 * commit,
        "ratio": ratio(whole, _medians(times[OWN])[2]),
        "k_links_per_s": quotient(links, whole, 1e3),
        "history_bytes_a_link": None if history is None else history / links,
    }


def _medians(times: list[Taken]) -> tuple[float, float, float]:
    median = statistics.median
    return (
        median(taken.change for taken in times),
        median(taken.commit for taken in times),
        median(taken.change + taken.commit for taken in times),
    )


def _targets(load: Taken, times: list[Taken], link_bytes: float, links: int) -> list[Target]:
    history = max(taken.history_bytes or 0 for taken in times) / links
    what = "10,000 links changed in a million, rows and roots, before the commit"
    return [
        Target(
            "a million links put into the store, with their rows' roots",
            _LOAD_SECONDS,
            load.change + load.commit,
            "s",
        ),
        Target(what, _APPLY_MS, 1e3 * _medians(times)[0], "ms"),
        Target(
            "links, ids and pages in the store (of the state's 300)",
            _BYTES,
            link_bytes,
            "bytes a link",
        ),
        Target(
            "the way back over links (of the history's 150)",
            _HISTORY_BYTES,
            history,
            "bytes a changed link",
        ),
    ]
