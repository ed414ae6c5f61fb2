"""What commands load before they answer: modules are counted, since times say more of the machine than of the code."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from focusmesh.interface.cli.shared.failures import ExitCode

if TYPE_CHECKING:
    from pathlib import Path

LISTING = """
import atexit, pathlib, sys
_, listing, *words = sys.argv
atexit.register(lambda: pathlib.Path(listing).write_text(" ".join(sys.modules)))
sys.argv = ["focusmesh", *words]
from focusmesh.interface.cli.program import main
main()
"""
COMPILERS = {"numba", "llvmlite"}


def loaded(folder: Path, *words: str) -> tuple[int, set[str], str]:
    """The exit code of a command in a fresh process, the modules that it loaded, and what it wrote on both streams."""
    listing = folder / "loaded"
    done = subprocess.run(
        [sys.executable, "-c", LISTING, str(listing), *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )
    return done.returncode, set(listing.read_text().split()), done.stdout + done.stderr


def own(modules: set[str]) -> set[str]:
    return {name for name in modules if name.partition(".")[0] == "focusmesh"}


def test_the_version_takes_a_handful_of_modules(tmp_path: Path) -> None:
    code, modules, said = loaded(tmp_path, "--version")
    assert (code, said.startswith("focusmesh ")) == (0, True)
    assert len(own(modules)) <= 20
    assert not {"numpy", "scipy", "rich", "msgspec", *COMPILERS} & modules


def test_a_ranking_of_three_links_loads_no_compiler_and_no_ledger(tmp_path: Path) -> None:
    (tmp_path / "three.csv").write_text("a,b\nb,c\nc,a\n")
    code, modules, said = loaded(tmp_path, "rank", "three.csv")
    assert (code, "particle" in said) == (0, True)
    assert len(own(modules)) <= 250
    assert not {"scipy", "pandas", "networkx", "pyarrow", "arro3", "grpc", *COMPILERS} & modules
    assert (
        not {"focusmesh.kernel.block", "focusmesh.kernel.consensus", "focusmesh.protocol"} & modules
    )


def test_an_error_of_a_program_waits_for_no_compiler(tmp_path: Path) -> None:
    (tmp_path / "program.ic").write_text("@main = (+ 1")
    code, modules, said = loaded(tmp_path, "rewrite", "collapse", "program.ic")
    assert (code, "program.ic:1" in said) == (ExitCode.INPUT, True), said
    assert not COMPILERS & modules
    assert len(own(modules)) <= 80


def test_a_compiler_would_be_seen(tmp_path: Path) -> None:
    (tmp_path / "program.ic").write_text("@main = (+ 1 2)\n")
    code, modules, said = loaded(tmp_path, "rewrite", "collapse", "program.ic")
    assert (code, said.split()[0]) == (0, "3"), said
    assert modules >= COMPILERS, "its machine is written in kernels, which run as plain Python here"
