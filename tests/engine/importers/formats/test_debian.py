"""Debian package lists: what is asked for, alternatives, virtual packages, bad lines, the real list."""

from __future__ import annotations

import gzip
import lzma
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.engine.graph import Graph
from focusmesh.errors import BadLineError
from tests.conftest import SOAK

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Measured, Needs, NotRun

STANZAS = """Package: mutt
Version: 2.2
Depends: libc6 (>= 2.36), libc6 (<< 3), mail-transport-agent | postfix | exim4, perl:any,
 debconf (>= 0.5) [amd64 i386] <!nocheck>
Pre-Depends: dpkg
Recommends: libsasl2-modules
Suggests: gnupg | gnupg2
Conflicts: elm
Description: text-based mailreader
 Reads mail.
 .
 And news.

Package: postfix
Provides: mail-transport-agent, smtpd (= 1)
Depends: libc6

Package: exim4
Provides: mail-transport-agent, postfix
"""
RELATED = {
    ("mutt", "depends", "libc6", 1.0),
    ("mutt", "depends", "mail-transport-agent", 1 / 3),
    ("mutt", "depends", "postfix", 1 / 3),
    ("mutt", "depends", "exim4", 1 / 3),
    ("mutt", "depends", "perl", 1.0),
    ("mutt", "depends", "debconf", 1.0),
    ("mutt", "pre-depends", "dpkg", 1.0),
    ("mutt", "recommends", "libsasl2-modules", 1.0),
    ("mutt", "suggests", "gnupg", 0.5),
    ("mutt", "suggests", "gnupg2", 0.5),
    ("postfix", "depends", "libc6", 1.0),
    ("mail-transport-agent", "provided by", "postfix", 0.5),
    ("mail-transport-agent", "provided by", "exim4", 0.5),
    ("smtpd", "provided by", "postfix", 1.0),
}


def related(graph: Graph) -> set[tuple[str, str, str, float]]:
    """Every link of a labelled graph by name."""
    links = graph.links()
    assert links.relations is not None
    assert links.relation is not None
    weight = [1.0] * len(links) if links.weight is None else links.weight.tolist()
    return {
        (
            str(links.particles[int(links.source[row])]),
            str(links.relations[int(links.relation[row])]),
            str(links.particles[int(links.target[row])]),
            weight[row],
        )
        for row in range(len(links))
    }


def written(folder: Path, text: str, name: str = "Packages") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_what_packages_ask_for(tmp_path: Path) -> None:
    graph = Graph.read(written(tmp_path, STANZAS), strict=True)
    assert related(graph) == RELATED
    assert list(graph.particles)[:3] == ["mutt", "postfix", "exim4"]
    assert graph.text("mutt") == "text-based mailreader\nReads mail.\n\nAnd news."
    assert graph.report is not None
    assert (graph.report.format, graph.report.line_count) == ("debian", 19)


@pytest.mark.parametrize("name", ["status", "a.dumpavail", "mirror_main_Packages"])
def test_files_are_known_by_name(tmp_path: Path, name: str) -> None:
    assert related(Graph.read(written(tmp_path, STANZAS, name))) == RELATED
    packed = tmp_path / f"{name}.gz"
    packed.write_bytes(gzip.compress(STANZAS.encode()))
    assert related(Graph.read(packed)) == RELATED


@pytest.mark.parametrize("suffix", [".gz", ".xz", ".zst"])
def test_lists_of_mirrors_are_known_by_suffix_and_by_how_they_begin(
    tmp_path: Path, needs: Needs, suffix: str
) -> None:
    plain = STANZAS.encode()
    if suffix == ".zst":
        data = needs("zstandard").compress(plain)
    else:
        data = gzip.compress(plain) if suffix == ".gz" else lzma.compress(plain)
    for name in (f"Packages{suffix}", f"mirror_Packages{suffix}", "Packages"):
        path = tmp_path / name
        path.write_bytes(data)
        graph = Graph.read(path)
        assert related(graph) == RELATED
        assert graph.report is not None
        assert graph.report.understood[0] in ("gzip", "xz", "zstd")


def test_two_stanzas_of_one_package_count_together(tmp_path: Path) -> None:
    text = "Package: a\nDepends: b | c\n\nPackage: a\nVersion: 2\nDepends: b, d\nDescription: A\n"
    graph = Graph.read(written(tmp_path, text), strict=True)
    assert related(graph) == {
        ("a", "depends", "b", 1.0),
        ("a", "depends", "c", 0.5),
        ("a", "depends", "d", 1.0),
    }
    assert graph.text("a") == "A"


BAD = [
    (" goes on\nPackage: x\n", 1, "no field before it"),
    ("Package: x\nnonsense\n", 2, "is no field"),
    ("Version: 1\nDepends: a\n", 1, "without a Package field"),
    ("Package: two words\n", 1, "is no name of a package"),
    ("Package: x\nDepends: a, b c, d\n", 2, "'b c' names no package"),
    ("Package: x\nDepends: a | , d\n", 2, "'a |' names no package"),
    ("Package: x\nDepends: a (>= 1\n", 2, "names no package"),
    ("Package: x\nTag: " + "y" * (1 << 20) + "\n", 2, "longer than"),
]


@pytest.mark.parametrize(("text", "line", "reason"), BAD)
def test_bad_lines(tmp_path: Path, text: str, line: int, reason: str) -> None:
    path = written(tmp_path, f"{text}\n{STANZAS}")
    graph = Graph.read(path)
    assert graph.report is not None
    assert graph.report.bad_count == 1
    (bad,) = graph.report.bad
    assert (bad.file, bad.line) == (str(path), line)
    assert reason in bad.reason
    assert related(graph) >= RELATED
    with pytest.raises(BadLineError):
        Graph.read(path, strict=True)


names = st.from_regex(r"[a-z][a-z0-9+.-]{0,4}", fullmatch=True)
groups = st.lists(st.lists(names, min_size=1, max_size=3, unique=True), max_size=4)


@given(stanzas=st.dictionaries(names, groups, min_size=1, max_size=6))
def test_round_trip(
    tmp_path_factory: pytest.TempPathFactory, stanzas: dict[str, list[list[str]]]
) -> None:
    text = "\n".join(
        f"Package: {name}\nDepends: {', '.join(' | '.join(group) for group in asked)}\n"
        for name, asked in stanzas.items()
    )
    expected: dict[tuple[str, str], float] = {}
    for name, asked in stanzas.items():
        for group in asked:
            for target in group:
                best = expected.get((name, target), 0.0)
                expected[name, target] = max(best, 1 / len(group))
    graph = Graph.read(written(tmp_path_factory.mktemp("list"), text), strict=True)
    found = {(a, b): weight for a, _, b, weight in related(graph)} if expected else {}
    assert found == expected
    assert set(stanzas) <= set(graph.particles)


def test_the_real_list_of_this_machine(tmp_path: Path, not_run: NotRun, measured: Measured) -> None:
    program = shutil.which("apt-cache")
    if program is None:
        not_run("not on Debian", "apt-cache")
    text = subprocess.run([program, "dumpavail"], capture_output=True, check=True).stdout
    if not SOAK:
        text = text[: text.rfind(b"\n\n", 0, 1 << 23) + 1]  # its first packages, some ten thousand
    path = tmp_path / "a.dumpavail"
    path.write_bytes(text)
    described = text.count(b"\nPackage: ") + text.startswith(b"Package: ")
    if not described:
        not_run("package lists absent", "apt-get update was never run here")
    graph = Graph.read(path, strict=True)
    assert graph.particle_count >= described
    assert graph.report is not None
    measured(
        f"apt-cache dumpavail: {described} packages, {graph.link_count} links "
        f"in {graph.report.seconds:.1f} s"
    )
