"""``focusmesh demo``: a small library stands in for the large one, and once the large one itself."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh import Graph
from focusmesh.errors import FileError
from focusmesh.interface.cli.demo.answers import first_sentence
from focusmesh.interface.cli.demo.packages import package_list
from focusmesh.interface.cli.demo.stdlib import QUESTIONS, standard_library
from tests.interface.cli.conftest import written

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Needs
    from tests.interface.cli.conftest import Invoke, Run

FILES = {
    "json/__init__.py": '"""JSON for people."""\nfrom json.decoder import Decoder\n',
    "json/decoder.py": '"""Decodes."""\nfrom json.scanner import scan\n\nclass Decoder:\n'
    "    def decode(self, text):\n        return scan(text)\n",
    "json/scanner.py": '"""Scans."""\nimport re\n\ndef scan(text):\n    return re.compile(text)\n',
    "urllib/__init__.py": "",
    "urllib/request.py": "from socket import connect\n\ndef urlopen(url):\n    return connect(url)\n",
    "socket.py": "import re\n\ndef connect(url):\n    return re.compile(url)\n",
    "re.py": '"""Regular expressions. They match."""\n\ndef compile(pattern):\n    "Compile it."\n',
    "test/test_re.py": "import re\n",
}


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A few modules in place of the standard library."""
    folder = tmp_path / "library"
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        written(folder / name, text)
    module = importlib.import_module("focusmesh.interface.cli.demo.command")
    monkeypatch.setattr(module, "standard_library", lambda: folder)
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.mark.usefixtures("library")
def test_it_ranks_asks_explains_and_draws(invoke: Invoke, needs: Needs, tmp_path: Path) -> None:
    needs("matplotlib")
    done = invoke("demo")
    for question in QUESTIONS:
        assert question.words in done.stdout
    assert done.stdout.count("Why ") == 3
    assert 'needs("json.scanner.scan")    by needs(' in done.stdout
    assert "Regular expressions" in done.stdout
    assert "They match" not in done.stdout
    assert done.stdout.count("within") == 3
    assert (tmp_path / "stdlib.png").read_bytes().startswith(b"\x89PNG")
    assert "test" not in list(Graph.open(tmp_path / "stdlib.focusmesh").particles)


@pytest.mark.usefixtures("library")
def test_json_has_it_all(
    document: Callable[..., dict[str, Any]], needs: Needs, tmp_path: Path
) -> None:
    needs("matplotlib")
    (tmp_path / "out").mkdir()
    found = document("demo", "--output-dir", "out")
    assert found["output"] == ["out/stdlib.focusmesh", "out/stdlib.png"]
    assert found["python"] == ".".join(map(str, sys.version_info[:3]))
    assert [tuple(answer["seeds"]) for answer in found["answers"]] == [q.seeds for q in QUESTIONS]
    assert found["derived"]["count"] == 1
    assert found["derived"]["proof"].startswith("needs(")
    for answer in found["answers"]:
        assert answer["items"]
        explanation = answer["explanation"]
        total = sum(item["share"] for item in explanation["items"])
        total += explanation["background"] + explanation["remainder"]
        assert total == pytest.approx(explanation["score"], abs=explanation["bound"] + 1e-12)


@pytest.mark.usefixtures("library")
def test_without_the_extra_it_says_so_and_goes_on(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    done = invoke("demo")
    assert "not drawn: " in done.stdout
    assert "focusmesh[plot]" in done.stdout
    assert (tmp_path / "stdlib.focusmesh").exists()
    assert not (tmp_path / "stdlib.png").exists()


@pytest.mark.soak  # docs/how-to/command-line.md asks for it with every change
def test_the_real_library_is_found_and_answers(run: Run, tmp_path: Path) -> None:
    done = run("demo", cwd=tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stderr == b""
    assert b"json.decoder" in done.stdout
    assert Graph.open(tmp_path / "stdlib.focusmesh", verify=True).particle_count > 10_000


STANZAS = """Package: openssh-server
Depends: perl, libc6
Description: secure shell

Package: perl
Depends: libc6
Description: Larry's language

Package: libc6
Description: GNU C Library

Package: nethack
Depends: games

Package: rogue
Depends: games
"""


@pytest.fixture
def apt_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Puts a program that prints a text, or fails if told so, in the place of apt-cache."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.chdir(tmp_path)

    def install(script: str) -> None:
        program = folder / "apt-cache"
        written(program, f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)

    return install


def test_debian_packages(
    apt_cache: Callable[[str], None], invoke: Invoke, needs: Needs, tmp_path: Path
) -> None:
    needs("matplotlib")
    apt_cache(f"while read -r line; do echo \"$line\"; done <<'END'\n{STANZAS}END")
    done = invoke("demo", "--source", "debian")
    assert "secure shell" in done.stdout
    assert "You install openssh-server" in done.stdout
    assert "Why [bold]" not in done.stdout
    assert "Why perl" in done.stdout
    # There is no numpy in this list, so nothing is asked about it.
    assert "numpy. What" not in done.stdout
    assert (tmp_path / "debian.png").exists()
    graph = Graph.open(tmp_path / "debian.focusmesh")
    assert graph.weight("openssh-server", "perl") == 1.0


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (None, "apt-cache is not here"),
        ("echo broken >&2; exit 100", "apt-cache dumpavail failed: broken"),
        ("exit 0", "run apt-get update first"),
    ],
)
def test_where_apt_has_nothing_it_says_so(
    apt_cache: Callable[[str], None], script: str | None, words: str
) -> None:
    if script is not None:
        apt_cache(script)
    with pytest.raises(FileError, match=words), package_list():
        pass


def test_a_python_without_source_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert (standard_library() / "json" / "decoder.py").is_file()
    monkeypatch.setattr("sysconfig.get_path", lambda name: str(tmp_path / name))
    with pytest.raises(FileError, match="no source"):
        standard_library()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", ""),
        ("def one(a)", "def one(a)"),
        ("def one(a)\n\nOne. Two.", "One"),
        ("def one(a)\n\n  Spread over\n  two lines.\n\nMore.", "Spread over two lines"),
        ("x\n\n" + "word " * 20, "word word word word word word word word word word …"),
        ("a\x1bb", r"a\x1bb"),
    ],
)
def test_first_sentences(text: str, sentence: str) -> None:
    assert first_sentence(text) == sentence
