"""HVM3 (HigherOrderCO, MIT), built from its source where that is given: ``FOCUSMESH_HVM3`` names the folder.

It takes ghc (with the packages network, parsec, libffi, file-embed and ansi-terminal, as Debian has them) and gcc. Two
things are added, neither of which runs while it reduces: a plain text for its highlighted error messages, whose package
is in no distribution, and two files that its runtime leaves out when it is not built by cabal.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

_EXTENSIONS = (
    *("LambdaCase", "ScopedTypeVariables", "TypeApplications", "FlexibleContexts"),
    *("FlexibleInstances", "TupleSections", "BangPatterns", "StandaloneDeriving", "DeriveGeneric"),
    *("DeriveFunctor", "DeriveTraversable", "MultiParamTypeClasses", "RankNTypes"),
    *("NamedFieldPuns", "GeneralizedNewtypeDeriving", "ImportQualifiedPost"),
)
_HIGHLIGHT = """module Highlight where
highlightError :: (Int, Int) -> (Int, Int) -> String -> String
highlightError _ _ text = text
"""
_RUNTIME = ("Runtime.c", "runtime/reduce/ref.c", "runtime/reduce/ref_sup.c")
_SECONDS_MAX = 60


@dataclass(frozen=True)
class Ran:
    """The first value of a program, its interactions, and the seconds that HVM3 tells."""

    value: str
    interactions: int
    seconds: float


def missing() -> str | None:
    """Why HVM3 cannot be built here; None where it can."""
    if not os.environ.get("FOCUSMESH_HVM3"):
        return "FOCUSMESH_HVM3 does not name a folder with its source"
    absent = [tool for tool in ("ghc", "gcc") if shutil.which(tool) is None]
    return f"{' and '.join(absent)} cannot be found" if absent else None


class Hvm3:
    """HVM3's commands, built in a folder that goes with this object. Raises CalledProcessError if that fails."""

    def __init__(self) -> None:
        self._source = Path(os.environ["FOCUSMESH_HVM3"]).resolve()
        self._kept = tempfile.TemporaryDirectory()
        self._folder = Path(self._kept.name)
        self._build()

    def run(self, text: str, *, compiled: bool) -> Ran | None:
        """The program's first value, by its interpreter or by C that it writes; None where it takes too long."""
        path = self._folder / "program.hvm"
        path.write_text(text, encoding="utf-8")
        command = [str(self._folder / "hvm3"), "run", str(path), "-C1", "-s"]
        try:
            done = self._call([*command, "-c"] if compiled else command)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            return None
        work = re.search(r"WORK: (\d+)", done)
        seconds = re.search(r"TIME: ([\d.]+)", done)
        if work is None or seconds is None:
            return None
        return Ran(done.splitlines()[0], int(work[1]), float(seconds[1]))

    def _build(self) -> None:
        made, runtime = self._folder, self._source / "src" / "HVM"
        (made / "Highlight.hs").write_text(_HIGHLIGHT)
        whole = "".join(f'#include "HVM/{part}"\n' for part in _RUNTIME)
        (made / "whole.c").write_text(whole)
        includes = [f"-I{self._source / 'src'}", f"-I{runtime}"]
        compiling = ["gcc", "-O2", "-w", "-c", str(made / "whole.c"), *includes]
        self._call([*compiling, "-fPIC", "-o", str(made / "shared.o")])
        library = str(made / "libruntime.so")
        self._call(["gcc", "-shared", str(made / "shared.o"), "-o", library])
        self._call([*compiling, "-o", str(made / "whole.o")])
        ghc = ["ghc", "-O2", "-threaded", "-w", *(f"-X{name}" for name in _EXTENSIONS)]
        ghc += ["-isrc", "-iapp", f"-i{made}", "-outputdir", str(made), "app/Main.hs"]
        # What is compiled while it compiles looks for the runtime as a library.
        self._call([*ghc, "-no-link", f"-L{made}", "-lruntime"], self._source)
        self._call([*ghc, str(made / "whole.o"), "-o", str(made / "hvm3")], self._source)

    def _call(self, command: list[str], folder: Path | None = None) -> str:
        environment = {**os.environ, "LD_LIBRARY_PATH": str(self._folder)}
        done = subprocess.run(
            command,
            cwd=folder or self._folder,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=10 * _SECONDS_MAX if command[0] in ("ghc", "gcc") else _SECONDS_MAX,
        )
        return done.stdout
