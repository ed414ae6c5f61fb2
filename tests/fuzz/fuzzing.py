"""Fuzzes targets with atheris: each in a process of its own, which libFuzzer drives and ends."""

from __future__ import annotations

import faulthandler
import hashlib
import importlib
import mmap
import os
import re
import resource
import struct
import sys
import tempfile
import time
import traceback
import tracemalloc
import warnings
from contextlib import redirect_stderr
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from tests.fuzz.changing import changed, repeated
from tests.fuzz.target import BYTES_MAX, Target, load
from tests.tidy.tree import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MEMORY_BYTES = 1 << 30
"""What reading one input may take beside what is there before."""
SECONDS_MAX = 10
"""A longer input is a finding of libFuzzer's: instrumented code is slow, and a machine may be busy."""
FINDINGS_MAX = 20
_COUNTS = struct.Struct("<QQQ")
_COVERAGE = re.compile(r"cov: (\d+)")


@dataclass(frozen=True)
class Fuzzed:
    """What came of one target. ``slowest`` is processor time of one input; ``edges`` counts branches of focusmesh."""

    name: str
    runs: int
    accepted: int
    slowest: float
    seconds: float
    edges: int
    findings: list[Path]


def prepare(names: Sequence[str], folder: Path) -> dict[str, Target]:
    """Targets whose modules count their branches, with seeds that each of them accepts, one folder each."""
    # What a reader warns of is not what is looked for here.
    warnings.simplefilter("ignore")
    tempfile.tempdir = str(folder)
    atheris = importlib.import_module("atheris")
    quiet = redirect_stderr(StringIO())  # it names every module
    with quiet, atheris.instrument_imports(include=["focusmesh"], exclude=_kernels()):
        targets = {name: load(name) for name in names}
        for name, target in targets.items():
            seeds = folder / name / "seeds"
            seeds.mkdir(parents=True, exist_ok=True)
            for seed in target.seeds():
                # Modules that are imported at first use are instrumented too.
                assert target.check(seed), f"{name}: a seed of {len(seed)} bytes is refused"
                (seeds / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)
    return targets


def _kernels() -> list[str]:
    """Modules whose functions the compiler reads: what is put between their instructions it could not."""
    paths = (ROOT / "src").rglob("*_compiled.py")
    return [".".join(path.relative_to(ROOT / "src").with_suffix("").parts) for path in paths]


def fuzz(name: str, target: Target, folder: Path, options: Sequence[str]) -> Fuzzed:
    """Runs one prepared target, whose folder keeps what was found, the inputs that reached new branches, and a log."""
    begun = time.monotonic()
    with (folder / "counts").open("w+b") as file:
        file.write(bytes(_COUNTS.size))
        file.flush()
        # Memory that outlives the other process, however that ends: libFuzzer leaves without a word to Python.
        counts = mmap.mmap(file.fileno(), _COUNTS.size)
    process = os.fork()
    if not process:
        _run(target, folder, counts, options)
    _, status = os.waitpid(process, 0)
    runs, accepted, slowest = _COUNTS.unpack(counts[:])
    log = (folder / "log").read_text(encoding="utf-8", errors="replace")
    covered = _COVERAGE.findall(log)
    findings = sorted(folder.glob("found-*[!t]"))
    if status and not findings:
        findings = [folder / "log"]
    seconds = time.monotonic() - begun
    edges = int(covered[-1]) if covered else 0
    return Fuzzed(name, runs, accepted, slowest / 1e9, seconds, edges, findings)


def _run(target: Target, folder: Path, counts: mmap.mmap, options: Sequence[str]) -> None:
    """In the process of the target: never returns."""
    try:
        log = os.open(folder / "log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(log, 1)
        os.dup2(log, 2)
        faulthandler.disable()  # else libFuzzer leaves signals to it, and the input of a crash is lost
        corpus = folder / "corpus"
        corpus.mkdir(exist_ok=True)
        atheris = importlib.import_module("atheris")
        session = _Session(target, folder, counts, atheris)
        # Small inputs first, as libFuzzer does without a mutator of somebody else's.
        limits = ["-len_control=10", f"-max_len={BYTES_MAX}", f"-timeout={SECONDS_MAX}"]
        limits += ["-rss_limit_mb=0", f"-artifact_prefix={folder}/found-"]
        arguments = ["fuzz", *limits, *options, str(corpus), str(folder / "seeds")]
        atheris.Setup(arguments, session.one, custom_mutator=session.mutate)
        _limit_memory()
        tracemalloc.start()
        atheris.Fuzz()
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)


def _limit_memory() -> None:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    limit = pages * mmap.PAGESIZE + MEMORY_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


class _Session:
    """What libFuzzer calls, and what it came to."""

    def __init__(self, target: Target, folder: Path, counts: mmap.mmap, atheris: Any) -> None:
        self._target, self._folder, self._counts = target, folder, counts
        self._atheris = atheris
        self._runs = self._accepted = self._slowest = 0
        self._known: set[str] = set()

    def one(self, data: bytes) -> None:
        """Checks one input; what it raises is written down once for each place that raises it."""
        begun = time.process_time_ns()
        try:
            self._accepted += self._target.measured(data)
        except Exception as error:
            self._found(data, error)
        self._runs += 1
        self._slowest = max(self._slowest, time.process_time_ns() - begun)
        _COUNTS.pack_into(self._counts, 0, self._runs, self._accepted, self._slowest)

    def mutate(self, data: bytes, bytes_max: int, seed: int) -> bytes:
        """Another input: half of the time by its structure, where the target has one."""
        random = Random(seed)
        if data and random.random() < 0.05:
            return repeated(data, random, bytes_max)
        for written in self._structured(data, random):
            if 0 < len(written) <= bytes_max:
                return written
        return bytes(self._atheris.Mutate(data, bytes_max))

    def _structured(self, data: bytes, random: Random) -> Iterator[bytes]:
        structure = self._target.structure
        if structure is None or random.random() < 0.5:
            return
        try:
            yield structure.write(changed(structure.read(data), random, self._change_bytes))
        except Exception:  # it has no structure, or none that can be written
            return

    def _change_bytes(self, data: bytes) -> bytes:
        return bytes(self._atheris.Mutate(data, max(8, len(data) + 8)))

    def _found(self, data: bytes, error: Exception) -> None:
        frames = traceback.extract_tb(error.__traceback__)
        place = "\n".join(f"{frame.filename}:{frame.lineno}" for frame in frames[-3:])
        kind = hashlib.sha256(f"{type(error)}{place}".encode()).hexdigest()[:16]
        if kind in self._known:
            return
        self._known.add(kind)
        (self._folder / f"found-{kind}").write_bytes(data)
        text = "".join(traceback.format_exception(error))
        (self._folder / f"found-{kind}.txt").write_text(text, "utf-8", errors="replace")
        if len(self._known) == FINDINGS_MAX:
            raise error  # enough for one session
