"""The account of what did not run is itself tested, in sessions of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import focusmesh
from tests.conftest import IMPORT_PATH
from tests.distribution import ordered, parts_of, processors, rotated, unit_of, workers
from tests.effort import LIMITS, TESTS, area_of, bounds, excesses, table
from tests.kernel_cache import SETS_MAX, digest, keep_kernels, kernel_folder, remove_oldest

PROBE = """
import pytest

def test_runs(left_out):
    left_out("snippets", "docs/a.md:9 (needs a network)")

def test_vector(vectors):
    assert vectors("no-such/vector").exists()

def test_package(needs):
    assert needs("no_such_package")

def test_present(needs, vectors, measured):
    measured("two parts present")
    assert needs("json") and vectors("here").name == "here"

def test_declared(not_run):
    not_run("no git history")

@pytest.mark.soak
def test_long():
    assert True
"""


# Others that are installed take seconds to load, in every session.
PLUGINS = ("-p", "xdist", "-p", "no:cacheprovider")


def session(folder: Path, *options: str, ci: bool, tests: str = PROBE) -> tuple[int, list[str]]:
    """Exit status and output lines of a pytest session over ``tests`` under our conftest."""
    shutil.copy(Path(__file__).parent / "conftest.py", folder)
    (folder / "test_probe.py").write_text(tests, encoding="utf-8")
    (folder / "here").touch()
    kept = {key: value for key, value in os.environ.items() if key not in {"CI", "FOCUSMESH_SOAK"}}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *PLUGINS, *options, "test_probe.py"],
        cwd=folder,
        env={
            **kept,
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTHONPATH": str(Path(__file__).parents[1]),
            "FOCUSMESH_VECTORS": str(folder),
            "FOCUSMESH_EFFORT": str(folder / "effort.json"),
            **({"CI": "true"} if ci else {}),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout.splitlines()


def test_children_import_what_their_parent_does() -> None:
    """In a second checkout too, beside the one that is installed."""
    done = subprocess.run(
        [sys.executable, "-c", "import focusmesh; print(focusmesh.__file__)"],
        env=os.environ | {"PYTHONPATH": IMPORT_PATH},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == focusmesh.__file__


@pytest.mark.parametrize("options", [(), ("-q",), ("-n", "2")], ids=["plain", "quiet", "spread"])
def test_the_last_line_counts_what_did_not_run(tmp_path: Path, options: tuple[str, ...]) -> None:
    status, lines = session(tmp_path, *options, ci=False)
    assert status == 0
    assert "2 passed, 4 skipped" in lines[-3]
    assert lines[-2] == "measured: two parts present"
    assert lines[-1] == (
        "did not run: 5 (1 left to make soak; 1 no git history; 1 packages missing: "
        "no_such_package; 1 snippets: docs/a.md:9 (needs a network); "
        "1 vectors missing: no-such/vector)"
    )


def test_under_ci_a_missing_part_fails(tmp_path: Path) -> None:
    status, lines = session(tmp_path, ci=True)
    assert status == 1
    assert "2 failed, 2 passed, 2 skipped" in lines[-3]
    assert any("packages missing: no_such_package; under CI" in line for line in lines)


def test_nothing_missing_is_said_too(tmp_path: Path) -> None:
    status, lines = session(tmp_path, ci=True, tests="def test_runs():\n    assert True\n")
    assert (status, lines[-1]) == (0, "did not run: 0")


@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["plain", "spread"])
def test_what_was_deselected_is_counted(tmp_path: Path, options: tuple[str, ...]) -> None:
    _, lines = session(tmp_path, "-k", "test_runs", *options, ci=False)
    assert lines[-1] == "did not run: 6 (1 snippets: docs/a.md:9 (needs a network); 5 deselected)"


@pytest.mark.parametrize("ci", [False, True])
def test_a_skip_that_names_no_known_cause_fails_under_ci(tmp_path: Path, ci: bool) -> None:
    tests = "import pytest\n\ndef test_skips():\n    pytest.skip('no reason that counts')\n"
    status, lines = session(tmp_path, ci=ci, tests=tests)
    assert status == int(ci), lines


STARTING = """
import os, subprocess, sys

def test_starts():
    subprocess.run([sys.executable, "-c", ""], check=True)
    if (child := os.fork()) == 0:
        os._exit(0)
    os.waitpid(child, 0)

def test_compiles():
    numba = __import__("numba")
    assert numba.njit(lambda x: x + 1)(1) == 2

def test_compiles_again():
    numba = __import__("numba")
    double = numba.njit(lambda x: 2 * x)
    assert (double(1), double(2), double(1.0)) == (2, 4, 2.0)
"""


@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["plain", "spread"])
def test_work_is_counted_by_area(tmp_path: Path, options: tuple[str, ...]) -> None:
    session(tmp_path, *options, ci=False, tests=STARTING)
    kept = json.loads((tmp_path / "effort.json").read_text(encoding="utf-8"))
    costs = kept["areas"]
    assert costs.keys() == {"."}
    assert kept["units"]["test_probe.py"] > 0
    # The first test of a session that loads the compiler is over when its kernels can be heard of.
    assert costs["."]["processes"] == 2
    assert costs["."].get("kernels", 0) in ((0, 2) if options else (2,))
    assert costs["."]["seconds"] > 0


def test_what_takes_more_than_its_share_fails(tmp_path: Path) -> None:
    tests = "import subprocess\n\ndef test_starts():\n    for _ in range(400):\n        subprocess.run(['true'])\n"
    assert json.loads(LIMITS.read_text(encoding="utf-8"))["."]["processes"] < 400
    status, lines = session(tmp_path, ci=False, tests=tests)
    assert status == 1
    assert any("tests/. took 400 processes, its share is" in line for line in lines)


def test_every_area_has_a_share() -> None:
    areas = {area_of(path) for path in TESTS.rglob("test_*.py")}
    assert areas - json.loads(LIMITS.read_text(encoding="utf-8")).keys() == set()


def test_an_area_has_its_share_and_no_more() -> None:
    costs = {"a": {"processes": 3.0, "kernels": 2.0, "seconds": 1e9}, "b": {"kernels": 1.0}}
    assert excesses(costs, {"all": {"kernels": 3}, "a": {"processes": 3}}) == []
    found = excesses(costs, {"all": {"kernels": 2}, "a": {"processes": 2}, "b": {"processes": 0}})
    assert [line.partition(",")[0] for line in found] == [
        "tests/a took 3 processes",
        "tests took 3 kernels",
    ]
    assert excesses({"a": {"kernels": 5.0}}, {"all": {"kernels": 3}}, workers=2)
    assert excesses({"a": {"kernels": 5.0}}, {"all": {"kernels": 3}}, workers=4) == []
    assert excesses(costs, bounds(costs)) == []
    assert area_of(TESTS / "engine/focus/solve/test_a.py") == "engine/focus"
    assert area_of(TESTS / "test_a.py") == "."


def test_the_table_has_the_longest_areas_and_the_sum_of_all() -> None:
    costs = {
        "a": {"seconds": 95.0, "processes": 2},
        "b": {"seconds": 4.0},
        "c": {"seconds": 1.0, "kernels": 3},
    }
    assert table(costs).splitlines()[2:] == [
        "| `a` | 95 | 2 | 0 |",
        "| all others | 5 | 0 | 3 |",
        "| all | 100 | 2 | 3 |",
    ]


def test_what_takes_longest_is_begun_first() -> None:
    page = "tests/docs/test_snippets.py::test_a_page_does_what_it_says[docs/a::b.md]"
    assert unit_of(page) == page
    assert unit_of("tests/docs/test_snippets.py::test_other[a::b]") == "tests/docs/test_snippets.py"
    assert unit_of("tests/interface/web/test_page.py::test_keys_alone") == "tests/interface/web/"
    assert unit_of("tests/test_names.py::test_words") == "tests/test_"
    assert ordered(["a", "b", "b", "c", "d", "e"], {"e": 9.0, "c": 7.0, "gone": 1.0}) == [
        "e",
        "c",
        "b",
        "a",
        "d",
    ]
    assert [workers(count) for count in (1, 2, 3, 4, 8)] == [1, 3, 5, 6, 12]


def test_workers_read_all_tests_and_begin_at_different_places() -> None:
    parts = [str(part) for part in parts_of(TESTS)]
    orders = [rotated(parts, worker, 3) for worker in range(3)]
    assert all(sorted(order) == sorted(parts) for order in orders)
    assert len({order[0] for order in orders}) == 3
    beginnings = tuple(f"{part}/" if Path(part).is_dir() else part for part in parts)
    for path in map(str, TESTS.rglob("test_*.py")):
        assert sum(path.startswith(beginning) for beginning in beginnings) == 1


def test_a_set_of_kernels_is_named_by_all_that_they_are_made_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    package = tmp_path / "focusmesh"
    package.mkdir()
    texts = {
        "a_compiled.py": "from focusmesh.b_compiled import add\nfrom focusmesh.marks import ROW\n",
        "b_compiled.py": "",
        "marks.py": "ROW = 1\n",
        "other.py": "",
    }
    for name, text in texts.items():
        (package / name).write_text(text, encoding="utf-8")
    found = [digest(tmp_path)]
    for name in texts:
        (package / name).write_text(texts[name] + "\n", encoding="utf-8")
        found.append(digest(tmp_path))
    assert len(set(found)) == 4
    assert found[-1] == found[-2], "no kernel imports other.py"
    assert kernel_folder(tmp_path) == tmp_path / "cache/focusmesh-tests/kernels" / found[-1]


def test_who_measures_effort_finds_no_kernels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.delenv("FOCUSMESH_EFFORT", raising=False)
    keep_kernels()
    kept = Path(os.environ.pop("NUMBA_CACHE_DIR"))
    (kept / "one.nbi").touch()
    monkeypatch.setenv("FOCUSMESH_EFFORT", "cost.json")
    keep_kernels()
    assert list(Path(os.environ["NUMBA_CACHE_DIR"]).iterdir()) == []


def test_old_sets_of_kernels_are_removed(tmp_path: Path) -> None:
    for number in range(SETS_MAX + 3):
        (tmp_path / str(number)).mkdir()
        os.utime(tmp_path / str(number), (number, number))
    (tmp_path / "1").touch()
    remove_oldest(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"1", *map(str, range(4, SETS_MAX + 3))}


def test_there_are_more_workers_than_processors(tmp_path: Path) -> None:
    _, lines = session(tmp_path, "-n", "auto", ci=False)
    assert any(f"{workers(processors())} workers [" in line for line in lines), lines


ORDERED = """
import pytest

@pytest.mark.parametrize("number", range(9))
def test_many(number, record_property):
    assert True
"""


def test_workers_take_files_whole_and_in_that_order(tmp_path: Path) -> None:
    (tmp_path / "test_first.py").write_text(ORDERED, encoding="utf-8")
    status, lines = session(
        tmp_path,
        "-n",
        "1",
        "--dist",
        "loadfile",
        "-v",
        "test_first.py",
        ci=False,
        tests=ORDERED.replace("9", "12"),
    )
    assert status == 0, lines
    begun = [line.split("::")[0].split()[-1] for line in lines if "PASSED" in line]
    assert begun == ["test_probe.py"] * 12 + ["test_first.py"] * 9
