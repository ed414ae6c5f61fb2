"""The tree is tidy, and each check of it would notice if it were not."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from focusmesh.lazy import exports
from tests.tidy.exports import export_faults
from tests.tidy.imports import dead_modules
from tests.tidy.sizes import RATCHET, against_ratchet, loosened, ratchet_versions, too_long
from tests.tidy.tree import ROOT, Source, files, sources
from tests.tidy.words import stray_words, unasserting

if TYPE_CHECKING:
    from tests.conftest import NotRun

# Licence text, resolved versions and pictures are not written by us.
FOREIGN = ("LICENSE", "requirements/")


def test_files_and_functions_are_short() -> None:
    ratchet = json.loads((ROOT / RATCHET).read_text(encoding="utf-8"))
    assert against_ratchet(too_long(sources()), ratchet) == []


def test_the_ratchet_only_ever_shrank(not_run: NotRun) -> None:
    versions = ratchet_versions()
    if len(versions) == 1:
        not_run("no git history", "the ratchet's past cannot be seen")
    assert loosened(versions) == []


def test_long_code_is_caught() -> None:
    words, lines = "words\n" * 60, "    x = 1\n"
    documented = f'def fine():\n    """{words}"""\n{lines * 49}'
    inner = "        x = 1\n" * 51
    long_function = f"class Shelf:\n    def long(self):\n{inner}"
    found = too_long(
        [
            Source("src/fine.py", documented),
            Source("src/function.py", long_function),
            Source("src/file.py", "x = 1\n" * 401),
        ]
    )
    assert found == {"src/function.py::Shelf.long": 52, "src/file.py": 401}


@pytest.mark.parametrize(
    ("actual", "ratchet", "word"),
    [
        ({"a": 60}, {}, "split"),
        ({"a": 61}, {"a": 60}, "grew"),
        ({"a": 59}, {"a": 60}, "tighten"),
        ({}, {"a": 60}, "remove"),
    ],
)
def test_the_ratchet_holds_both_ways(
    actual: dict[str, int], ratchet: dict[str, int], word: str
) -> None:
    (complaint,) = against_ratchet(actual, ratchet)
    assert word in complaint


def test_a_loosened_ratchet_is_caught() -> None:
    assert loosened([{"a": 60}, {"a": 55}, {}]) == []
    assert loosened([{"a": 60}, {"a": 61, "b": 70}]) == ["a: 60 became 61", "b: absent became 70"]


def test_every_module_is_reached() -> None:
    assert dead_modules(sources("src")) == []


def test_a_dead_module_is_caught() -> None:
    tree = [
        Source(
            "src/focusmesh/__init__.py", "def __getattr__(n):\n    from focusmesh import used\n"
        ),
        Source("src/focusmesh/used.py", "from .package import thing\n"),
        Source("src/focusmesh/package/__init__.py", 'LAZY = "focusmesh.lazy"\n'),
        Source("src/focusmesh/lazy.py", ""),
        Source("src/focusmesh/package/dead.py", "from focusmesh import used\n"),
    ]
    assert dead_modules(tree) == ["focusmesh.package.dead"]


def test_a_package_writes_what_it_exports_once() -> None:
    packages = [source for source in sources("src") if source.is_package]
    assert export_faults(packages) == []
    for source in packages:
        module = importlib.import_module(source.module)
        for name in exports(source.text):
            assert hasattr(module, name), f"{source.module} cannot give {name}"


FOR_TYPES = "if TYPE_CHECKING:\n    "
LAZILY = "else:\n    __getattr__, __dir__ = lazily(__name__)\n"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "from focusmesh.a.b import B as B\n__all__ = ['B']\n",
            "it defines __all__; give that a module",
        ),
        ("def act(): ...\n", "it defines act; give that a module"),
        (
            f"from focusmesh.a.b import B as B\n{FOR_TYPES}from focusmesh.a.c import B as B\n{LAZILY}",
            "B is written 2 times",
        ),
        (
            f"{FOR_TYPES}from focusmesh.a.b import B as B, C as C\n{LAZILY}",
            "lazily does not see C; write one import a name",
        ),
        (
            f"{FOR_TYPES}from focusmesh.a.b import B as B\n",
            "what is below TYPE_CHECKING is not there at run time; call lazily",
        ),
        *(
            (
                f"{FOR_TYPES}from focusmesh.{home} import b as b\n{LAZILY}",
                "b is lazy and its module has the same name, which hides it once that is loaded",
            )
            for home in ("a.b", "a.b.c")
        ),
    ],
)
def test_an_export_that_is_not_written_once_is_caught(text: str, fault: str) -> None:
    path = "src/focusmesh/a/__init__.py"
    assert export_faults([Source(path, text)]) == [f"{path}: {fault}"]


def test_an_export_is_one_line() -> None:
    text = f"from a.b import B as B\nfrom a.c import C\n{FOR_TYPES}from a.d import (\n        D as D,\n    )\n{LAZILY}"
    assert export_faults([Source("src/focusmesh/a/__init__.py", text)]) == []
    assert exports(text) == {"B": "a.b", "D": "a.d"}


def test_no_stray_words() -> None:
    complaints = []
    for name in files():
        content = (ROOT / name).read_bytes()
        if b"\0" not in content[:8_192] and not name.startswith(FOREIGN):
            complaints += stray_words(name, content.decode("utf-8"))
    assert complaints == []


def test_locks_name_no_host() -> None:
    locks = [name for name in files() if name.startswith("requirements/")]
    assert locks
    for name in locks:
        assert "://" not in (ROOT / name).read_text(encoding="utf-8"), name


@pytest.mark.parametrize(
    "line",
    [
        "# TO~DO: later",
        "x = 1  # FIX~ME",
        "open('/tm~p/x')",
        'ROOT = "/wor~k/main"',
        "see https://py~pi.org/simple",
        "break~point()",
    ],
)
def test_a_stray_word_is_caught(line: str) -> None:
    (complaint,) = stray_words("src/a.py", f"fine = 1\n{line.replace('~', '')}\n")
    assert complaint.startswith("src/a.py:2: ")


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        ("print(1)\n", "T201"),
        ("# x = compute(1)\n", "ERA001"),
        ("import pdb\n\npdb.set_~trace()\n", "T100"),
    ],
)
def test_the_linter_catches_leftovers(code: str, rule: str) -> None:
    source = "from __future__ import annotations\n\n" + code.replace("~", "")
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--stdin-filename", "src/focusmesh/probe.py", "-"],
        cwd=ROOT,
        input=source,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert rule in done.stdout


def test_every_test_asserts() -> None:
    assert unasserting(sources("tests")) == []


def test_a_test_without_assertion_is_caught() -> None:
    text = """
def test_empty(): act()
def test_plain(): assert True
def test_through_helper(): helper()
def helper(): np.testing.assert_allclose(1, 1)
def test_raises():
    with pytest.raises(ValueError): act()
def test_circle(): circle()
def circle(): circle()
"""
    found = unasserting([Source("tests/test_a.py", text)])
    assert found == [
        f"tests/test_a.py::{name} asserts nothing" for name in ("test_empty", "test_circle")
    ]
