"""Whatever goes wrong, people get one message, scripts get an exit code, nobody gets a traceback."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

import pytest

from focusmesh import errors
from focusmesh.interface.cli.shared.failures import ExitCode, exit_code_of, message_of
from tests.interface.cli.conftest import EDGES, written

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import NotRun
    from tests.interface.cli.conftest import Invoke, Run


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("rank", "absent.csv"), ExitCode.FILE, "absent.csv"),
        (("rank", "empty.xyz"), ExitCode.INPUT, "no import format"),
        (("rank", "edges.csv", "--format", "riddle"), ExitCode.INPUT, "riddle"),
        (("rank", "nan.csv", "--strict"), ExitCode.INPUT, "nan.csv:2: "),
        (("rank", "damaged.focusmesh"), ExitCode.FILE, "damaged.focusmesh"),
        (("rank", "edges.csv", "--alpha", "7"), ExitCode.USAGE, "alpha"),
        (("rank", "edges.csv", "--alpha", "nan"), ExitCode.USAGE, "alpha"),
        (("rank", "edges.csv", "--diffusion", "0.9"), ExitCode.USAGE, "= 1"),
        (("rank", "edges.csv", "--tolerance", "0"), ExitCode.USAGE, "tolerance"),
        (("rank", "edges.csv", "--tolerance", "1e-300"), ExitCode.CONVERGENCE, "float64"),
        (("rank", "edges.csv", "--damping", "0.9"), ExitCode.USAGE, "--pagerank"),
        (("rank", "edges.csv", "--pagerank", "--mu", "2"), ExitCode.USAGE, "--mu"),
        (("rank", "edges.csv", "--columns", "source=nope,target=b"), ExitCode.INPUT, "nope"),
        (("rank", "edges.csv", "--columns", "colour=a"), ExitCode.USAGE, "colour"),
        (("rank", "edges.csv", "--top", "0"), ExitCode.USAGE, "--top"),
        (("rank",), ExitCode.USAGE, "GRAPH"),
        (("rnak", "edges.csv"), ExitCode.USAGE, "rank"),
        (("context", "edges.csv", "nobody"), ExitCode.INPUT, "nobody"),
        (("context", "edges.csv", "a", "--beta", "2"), ExitCode.USAGE, "beta"),
        (("explain", "edges.csv", "--from", "a", "nobody"), ExitCode.INPUT, "nobody"),
        (("explain", "edges.csv", "--from", "nobody", "a"), ExitCode.INPUT, "nobody"),
        (("explain", "edges.csv", "a"), ExitCode.USAGE, "--from"),
        (("diff", "edges.csv", "absent.csv"), ExitCode.FILE, "absent.csv"),
        (("info", "absent.focusmesh"), ExitCode.FILE, "absent.focusmesh"),
        (("import", "edges.csv", "-o", "out.csv"), ExitCode.INPUT, ".focusmesh"),
        (("import", "edges.csv", "-o", "none/out.focusmesh"), ExitCode.FILE, "none"),
        (("export", "edges.csv", "-o", "out.xyz"), ExitCode.INPUT, ".xyz"),
        (("export", "edges.csv", "-o", "edges.csv"), ExitCode.FILE, "--force"),
        (("plot", "edges.csv", "-o", "out.gif"), ExitCode.INPUT, ".png"),
        (("plot", "edges.csv", "-o", "out.png", "--from", "nobody"), ExitCode.INPUT, "nobody"),
        (("demo", "--output-dir", "none"), ExitCode.FILE, "none"),
    ],
)
@pytest.mark.parametrize("json_too", [False, True])
def test_a_failure_is_a_message_and_a_code(
    invoke: Invoke,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    code: ExitCode,
    said: str,
    json_too: bool,
) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path / "edges.csv", EDGES)
    written(tmp_path / "empty.xyz", "")
    written(tmp_path / "nan.csv", "source,target,weight\n".removesuffix("\n") + "\na,b,nan\n")
    written(tmp_path / "damaged.focusmesh", "this is no graph")
    before = sorted(tmp_path.iterdir())
    done = invoke(*words, *(["--json"] if json_too else []), code=code)
    assert said in done.stderr
    assert "Traceback" not in done.output
    assert done.stdout == ""
    assert sorted(tmp_path.iterdir()) == before


def test_an_unknown_name_is_answered_with_close_ones(invoke: Invoke, tmp_path: Path) -> None:
    path = written(tmp_path / "m.csv", "asyncio,json\njson,json.decoder\njson.encoder,re\n")
    done = invoke("context", path, "json.decodr", "--quiet", code=ExitCode.INPUT)
    assert "json.decoder" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "words", [("rank", "edges.csv"), ("--help",), ("--version",), ("rank", "--help")]
)
def test_a_full_disk_is_said_once(run: Run, tmp_path: Path, words: tuple[str, ...]) -> None:
    written(tmp_path / "edges.csv", EDGES)
    with open("/dev/full", "wb") as full:  # noqa: PTH123  (a device, not a file of ours)
        done = run(*words, cwd=tmp_path, stdout=full)
    assert done.returncode == ExitCode.FILE
    assert os.strerror(errno.ENOSPC).encode() in done.stderr
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr


def test_debug_shows_where_it_came_from(run: Run, tmp_path: Path) -> None:
    told = {**os.environ, "FOCUSMESH_DEBUG": "1"}
    for done in (
        run("rank", "absent.csv", "--debug", cwd=tmp_path),
        run("rank", "absent.csv", cwd=tmp_path, env=told),
    ):
        assert b"Traceback" in done.stderr
        assert done.stderr.splitlines()[-1].startswith(b"focusmesh: absent.csv")
        assert done.returncode == ExitCode.FILE


def test_an_unreadable_file_is_named(invoke: Invoke, tmp_path: Path, not_run: NotRun) -> None:
    path = written(tmp_path / "secret.csv", EDGES)
    path.chmod(0)
    if os.access(path, os.R_OK):
        not_run("permissions not enforced", "this user may read everything")
    done = invoke("rank", path, code=ExitCode.FILE)
    assert "secret.csv" in done.stderr


def test_a_folder_that_cannot_be_written_is_named(
    invoke: Invoke, edges: Path, tmp_path: Path, not_run: NotRun
) -> None:
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o500)
    if os.access(folder, os.W_OK):
        not_run("permissions not enforced", "this user may write everywhere")
    for words in (
        ("import", edges, "-o", folder / "g.focusmesh"),
        ("demo", "--output-dir", folder),
    ):
        assert "closed" in invoke(*words, code=ExitCode.FILE).stderr


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.ParameterError("p"), 2),
        (errors.InputError("i"), 3),
        (errors.UnknownParticleError("x"), 3),
        (errors.BadLineError("f", 1, "r"), 3),
        (errors.UnsupportedFormatError("u"), 3),
        (errors.FileError("f"), 4),
        (errors.DamagedFileError("d"), 4),
        (errors.NewerVersionError("n"), 4),
        (PermissionError(errno.EACCES, "Permission denied", "x.csv"), 4),
        (MemoryError(), 4),
        (errors.MissingExtraError("plot", "a picture"), 5),
        (errors.ConvergenceError("c"), 6),
        (errors.FocusmeshError("other"), 1),
        (ZeroDivisionError(), 1),
    ],
)
def test_each_kind_of_error_has_its_code(error: Exception, code: int) -> None:
    assert exit_code_of(error) == code
    assert message_of(error)
    assert "\n" not in message_of(error)
