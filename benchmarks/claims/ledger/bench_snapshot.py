"""How a new node begins: with a snapshot of the state, or by carrying out every block, on a ledger of a million links.

Pages go from one store to the other through files, without a network: what is measured is what each side has to do.
Each way runs in a process of its own, on an empty store on disk, every page or block made durable before the next.
"""

from __future__ import annotations

import shutil
import time
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from benchmarks.data.ledgers import imported_by_command
from benchmarks.harness import Result, Row, Target, quotient
from benchmarks.worker import Worker
from focusmesh.host.storage.archives import kept_contents
from focusmesh.host.storage.ledger_folder import operations
from focusmesh.ids import digest
from focusmesh.kernel.block import (
    Chain,
    SnapshotRestore,
    Snapshots,
    read_signed_headers,
    verify_chain,
)
from focusmesh.kernel.state import LmdbStore

if TYPE_CHECKING:
    from collections.abc import Callable

_ROUNDS = 3
_SECONDS_MAX = 60.0
_HERE = "benchmarks.claims.ledger.bench_snapshot:NewNode"


def measure(quick: bool) -> Result:
    """A ledger of R-MAT links over 2¹⁷ particles with their names as contents."""
    result = Result("snapshot")
    scale, links = (14, 100_000) if quick else (17, 1_000_000)
    with TemporaryDirectory() as name:
        folder = Path(name)
        made = imported_by_command(folder, scale, links)
        with closing(LmdbStore(made.ledger / "store", readonly=True)) as store:
            pages_bytes = _served(Chain(store, operations()), folder / "pages", result)
        _begun(made.ledger, folder, pages_bytes, result)
    return result


def _served(chain: Chain, pages: Path, result: Result) -> int:
    """What the node that has the state does; bytes of all pages."""
    assert len(chain.focus.vector)  # compiled code is loaded, as in a node that runs
    seconds, content = _best(lambda: _manifest(chain))
    with Snapshots(chain) as snapshots:
        making, found = _best(lambda: [snapshots.page(at) for at in range(len(snapshots))])
        manifest = snapshots.manifest
    pages.mkdir()
    (pages / "manifest").write_bytes(manifest)
    for number, page in enumerate(found):
        (pages / str(number)).write_bytes(page)
    size = sum(map(len, found))
    rows: list[Row] = [
        {"what": "manifest", "count": 1, "MB": content / 1e6, "seconds": seconds},
        {
            "what": "pages",
            "count": len(found),
            "MB": size / 1e6,
            "seconds": making,
            "MB_per_s": quotient(size, making, 1e6),
            "largest_kB": max(map(len, found)) / 1e3,
        },
    ]
    result.add("Served", rows)
    return size


def _manifest(chain: Chain) -> int:
    with Snapshots(chain) as snapshots:
        return len(snapshots.manifest)


def _best(act: Callable[[], Any]) -> tuple[float, Any]:
    times = []
    for _ in range(_ROUNDS):
        begun = time.perf_counter()
        answer = act()
        times.append(time.perf_counter() - begun)
    return min(times), answer


def _begun(ledger: Path, folder: Path, pages_bytes: int, result: Result) -> None:
    """Both ways in turns; the best of each, and the most memory."""
    size_mb = {"pages": pages_bytes / 1e6, "blocks": _bodies_bytes(ledger) / 1e6}
    found: dict[str, list[dict[str, Any]]] = {"pages": [], "blocks": []}
    for _ in range(_ROUNDS):
        for way, answers in found.items():
            out = folder / way / "store"
            shutil.rmtree(out, ignore_errors=True)
            with Worker(_HERE, str(ledger / "store"), str(folder / "pages")) as worker:
                answers.append(worker.ask(way, str(out)))
    rows: list[Row] = []
    for way, answers in found.items():
        best = min(answers, key=lambda answer: answer["seconds"])
        rows.append(
            {
                "begins with": way,
                "seconds": best["seconds"],
                "of it the focus": best["answer"]["focus"],
                "MB_read": size_mb[way],
                "peak_MB": max(answer["resident_bytes"] for answer in answers) / 1e6,
                "disk_MB": best["answer"]["disk_bytes"] / 1e6,
            }
        )
    store = LmdbStore(folder / "pages" / "store", readonly=True)
    seconds, _ = _best(lambda: verify_chain(store, operations()))
    store.close()
    rows.append({"begins with": "pages: verified again", "seconds": seconds})
    result.add("A new node", rows)
    seconds = min(answer["seconds"] for answer in found["pages"])
    result.targets.append(Target("a new node has the state", _SECONDS_MAX, seconds, "s"))


def _bodies_bytes(ledger: Path) -> int:
    store = LmdbStore(ledger / "store", readonly=True)
    with store.read() as reader:
        size = sum(len(value) for _, value in reader.scan("bodies"))
    store.close()
    return size


class NewNode:
    """A process that begins with a ledger; ``where`` is the other node's store, to read from."""

    def __init__(self, where: str, pages: str) -> None:
        self._store = LmdbStore(where, readonly=True)
        self._chain = Chain(self._store, operations())
        self._pages = Path(pages)

    def pages(self, out: str) -> dict[str, float]:
        """Headers, pages, and the focus applied once."""
        store, there = LmdbStore(out), self._chain
        restoring = SnapshotRestore(store, there.genesis, operations())
        restoring.add_headers(read_signed_headers(there, 1, there.height))
        restoring.begin((self._pages / "manifest").read_bytes())
        while missing := restoring.missing():
            for number in missing:
                restoring.take(number, (self._pages / str(number)).read_bytes())
        begun = time.perf_counter()
        chain = restoring.finish(there.block(there.height).body)
        return self._end(store, chain, time.perf_counter() - begun)

    def blocks(self, out: str) -> dict[str, float]:
        """Every block carried out."""
        store, there = LmdbStore(out), self._chain
        chain = Chain.create(store, there.genesis, operations())
        for height in range(1, there.height + 1):
            block = there.block(height)
            contents = {digest(content): content for content in kept_contents(there, block)}
            chain.accept(block, contents)
        return self._end(store, chain, 0.0)

    def _end(self, store: LmdbStore, chain: Chain, focus: float) -> dict[str, float]:
        assert chain.tip == self._chain.tip
        disk_bytes = store.used_bytes()
        store.close()
        return {"focus": focus, "disk_bytes": disk_bytes}
