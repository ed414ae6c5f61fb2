"""Keeping a ledger: what its owner does on a bad day, by the commands, on a ledger of a million links.

Every figure is a process of its own, its start included (some 0.3 s, and 0.1 s where a key is opened). Beside the
backup stands ``cp -r`` of the same folder, made durable with ``sync``, which is no backup while somebody writes.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import lmdb

from benchmarks.data.ledgers import RUN, imported_by_command, run_command
from benchmarks.harness import Result, Row, quotient
from focusmesh.host.storage.ledger_folder import operations
from focusmesh.kernel.block import Chain
from focusmesh.kernel.state import LmdbStore

if TYPE_CHECKING:
    from benchmarks.data.ledgers import ImportedLedger

_ROUNDS = 3


def measure(quick: bool) -> Result:
    """A ledger of R-MAT links over 2¹⁷ particles with their names as contents."""
    result = Result("keeping")
    scale, links = (14, 100_000) if quick else (17, 1_000_000)
    with TemporaryDirectory() as folder:
        made = imported_by_command(Path(folder), scale, links)
        _copies(made, Path(folder), result)
        _recovery(made, result)
        _commands(made, Path(folder), result)
    return result


def _copies(made: ImportedLedger, folder: Path, result: Result) -> None:
    """Rounds in turns; the best of each."""
    backup, restored, copied = (folder / name for name in ("backup", "restored", "copied"))
    ledger = str(made.ledger)
    seconds: dict[str, list[float]] = {"backup": [], "restore": [], "cp -r and sync": []}
    for _ in range(_ROUNDS):
        for path in (backup, restored, copied):
            shutil.rmtree(path, ignore_errors=True)
        to, back = (ledger, "-o", str(backup), "--quiet"), (str(backup), str(restored), "--quiet")
        seconds["backup"].append(run_command(made.environment, "node", "backup", *to))
        seconds["restore"].append(run_command(made.environment, "node", "restore", *back))
        begun = time.perf_counter()
        subprocess.run(["cp", "-r", ledger, str(copied)], check=True)
        subprocess.run(["sync", "-f", str(copied)], check=True)
        seconds["cp -r and sync"].append(time.perf_counter() - begun)
    sizes = {
        "backup": _bytes(backup),
        "restore": _bytes(restored),
        "cp -r and sync": _bytes(copied),
    }
    rows: list[Row] = [
        {
            "what": what,
            "seconds": min(times),
            "MB": sizes[what] / 1e6,
            "MB_per_s": quotient(sizes[what], min(times), 1e6),
        }
        for what, times in seconds.items()
    ]
    result.add("Copies of the ledger", rows)


def _recovery(made: ImportedLedger, result: Result) -> None:
    """Opened after ``kill -9`` in the middle of making blocks, beside the same after a proper end."""
    rows: list[Row] = [{"ended": "properly", **_opened(made)}]
    words = ("import", str(made.edges), "--ledger", str(made.ledger), "--quiet")
    process = subprocess.Popen([sys.executable, "-c", RUN, *words], env=made.environment)
    height = _height(made)
    while _height(made) == height and process.poll() is None:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL, "it was to be killed in the middle"
    rows.append({"ended": "kill -9", **_opened(made)})
    result.add("Opened again", rows)


def _opened(made: ImportedLedger) -> Row:
    begun = time.perf_counter()
    store = LmdbStore(made.ledger / "store")
    chain = Chain(store, operations())
    tip = time.perf_counter() - begun
    assert len(chain.focus.vector)
    focus = time.perf_counter() - begun
    store.close()
    edit = run_command(
        made.environment, "tx", "link", "one", "other", "--ledger", str(made.ledger), "--quiet"
    )
    return {
        "tip_and_root_ms": 1e3 * tip,
        "focus_in_memory_s": focus,
        "first_edit_by_command_s": edit,
    }


def _height(made: ImportedLedger) -> int:
    store = LmdbStore(made.ledger / "store", readonly=True)
    try:
        with store.read() as reader:
            return reader.count("headers") - 1
    finally:
        store.close()


def _commands(made: ImportedLedger, folder: Path, result: Result) -> None:
    ledger, old = str(made.ledger), folder / "old"
    with made.edges.open() as file:
        particle = file.readlines()[1].partition(",")[0]
    asked = {
        "the rest of an interrupted import": (
            "import",
            str(made.edges),
            "--ledger",
            ledger,
            "--resume",
        ),
        "a whole import, resumed: nothing to do": (
            *("import", str(made.edges), "--ledger", ledger),
            "--resume",
        ),
        "forget one particle": ("forget", particle, "--ledger", ledger),
        "chain verify": ("chain", "verify", "--ledger", ledger),
    }
    rows: list[Row] = [
        {"what": what, "seconds": run_command(made.environment, *words, "--quiet")}
        for what, words in asked.items()
    ]
    shutil.copytree(made.ledger, old)
    _to_first_format(old / "store")
    upgrade = run_command(made.environment, "node", "upgrade", str(old), "--quiet")
    rows.append({"what": "upgrade from format 1", "seconds": upgrade})
    result.add("Commands", rows)


def _to_first_format(path: Path) -> None:
    """Makes a store what focusmesh 0.1 would have made: contents in LMDB, and no word of a format."""
    store = LmdbStore(path)
    with store.read() as reader:
        contents = list(reader.scan("contents"))
    store.close()
    with lmdb.open(str(path), map_size=1 << 34, max_dbs=32) as environment:
        places = environment.open_db(b"places")
        with environment.begin(write=True) as transaction:
            transaction.drop(places)
            for record in (b"contents", b"format", b"heap"):
                transaction.delete(record)
        with environment.begin(write=True) as transaction:
            table = environment.open_db(b"contents", transaction)
            transaction.cursor(table).putmulti(contents)
    (path / "contents.heap").unlink()


def _bytes(folder: Path) -> int:
    """What its files take on the disk."""
    return sum(512 * path.stat().st_blocks for path in folder.rglob("*") if path.is_file())
