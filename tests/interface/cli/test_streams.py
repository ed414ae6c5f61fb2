"""Who gets what: data on standard output, narration on standard error, colours and bars on terminals alone."""

from __future__ import annotations

import os
import pty
import shlex
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from focusmesh import __version__
from tests.interface.cli.conftest import COLOURING, EDGES, PROGRAM, written

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Needs
    from tests.interface.cli.conftest import Invoke, Run

ESCAPE = b"\x1b["


def on_terminal(*arguments: str | Path, stream: str, **environment: str) -> tuple[bytes, bytes]:
    """What a process writes to a terminal that is its standard output or error, and to the pipe beside it."""
    master, slave = pty.openpty()
    plain = {name: value for name, value in os.environ.items() if name not in COLOURING}
    plain |= {"TERM": "xterm-256color", "COLUMNS": "100", **environment}
    other = "stderr" if stream == "stdout" else "stdout"
    streams = {stream: slave, other: subprocess.PIPE}
    process = subprocess.Popen([*PROGRAM, *map(str, arguments)], env=plain, stdin=slave, **streams)  # type: ignore[call-overload]
    os.close(slave)
    shown = b""
    while True:
        try:
            piece = os.read(master, 65_536)
        except OSError:  # the other end is closed: the process has ended
            break
        if not piece:
            break
        shown += piece
    piped = process.communicate(timeout=60)[0 if other == "stdout" else 1]
    os.close(master)
    assert process.returncode == 0, shown + piped
    return shown, piped


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """Enough links that reading and ranking take some steps."""
    lines = "".join(f"{i} {i * 7919 % 20_000}\n" for i in range(20_000))
    return written(tmp_path / "many.txt", lines)


def test_a_terminal_gets_colours_and_bars(many: Path) -> None:
    shown, piped = on_terminal("rank", many, stream="stderr")
    assert ESCAPE in shown
    assert b"ranking" in shown
    assert ESCAPE not in piped
    assert b"rank" in piped.splitlines()[0]
    shown, piped = on_terminal("rank", many, stream="stdout")
    assert ESCAPE in shown
    assert "█".encode() in shown
    assert ESCAPE not in piped


def test_no_color_means_no_colour(many: Path) -> None:
    colours = tuple(f"\x1b[{code}m".encode() for code in (31, 32, 33, 35, 36, "1;36", "1;31"))
    coloured, _ = on_terminal("rank", many, stream="stdout")
    assert any(code in coloured for code in colours)
    for stream in ("stdout", "stderr"):
        shown, _ = on_terminal("rank", many, stream=stream, NO_COLOR="1")
        assert not any(code in shown for code in colours)


def test_quiet_is_quiet_on_a_terminal(many: Path) -> None:
    shown, piped = on_terminal("rank", many, "--quiet", stream="stderr")
    assert shown == b""
    assert piped


def test_a_pipe_gets_plain_text(run: Run, many: Path) -> None:
    done = run("rank", many)
    assert done.returncode == 0
    assert ESCAPE not in done.stdout + done.stderr
    assert b"\r" not in done.stderr


def test_a_reader_that_leaves_ends_it_quietly(many: Path) -> None:
    process = subprocess.Popen(
        [*PROGRAM, "rank", str(many), "--all", "--quiet"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline().startswith(b" rank")
    process.stdout.close()
    with process.stderr:
        assert process.stderr.read() == b""
    assert process.wait(timeout=60) == 141


def test_an_interrupt_is_one_line_and_130(tmp_path: Path) -> None:
    pipe = tmp_path / "never.csv"
    os.mkfifo(pipe)
    process = subprocess.Popen(
        [*PROGRAM, "rank", "-", "--format", "csv"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None
    process.stdin.write(EDGES.encode())
    process.stdin.flush()
    # It waits for the rest of its input once it has read what there is.
    time.sleep(2.0)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == b""
    assert err == b"focusmesh: interrupted\n"


@pytest.mark.parametrize("module", ["gzip", "zstandard"])
def test_compressed_standard_input_is_read(
    run: Run, needs: Needs, edges: Path, module: str
) -> None:
    packed = needs(module).compress(edges.read_bytes())
    done = run("rank", "-", "--format", "csv", "--quiet", stdin=packed)
    assert done.stdout == run("rank", edges, "--quiet").stdout


def test_names_cannot_steer_the_terminal(invoke: Invoke, tmp_path: Path) -> None:
    path = written(tmp_path / "evil.jsonl", '{"source": "a\\u001b[2J\\n", "target": "b"}\n')
    done = invoke("rank", path)
    assert "\x1b" not in done.stdout
    assert r"a\x1b[2J\n" in done.stdout


def test_a_terminal_without_unicode_is_served(run: Run, tmp_path: Path) -> None:
    path = written(tmp_path / "names.csv", "hub,жук\nhub,🦉\n")
    ascii_only = {**os.environ, "PYTHONIOENCODING": "ascii"}
    for words in (("rank", path), ("rank", path, "--json")):
        done = run(*words, env=ascii_only)
        assert done.returncode == 0
        assert done.stdout.isascii()
    assert rb"\u0436" in done.stdout


def test_version_help_and_completion(run: Run) -> None:
    assert run("--version").stdout.decode() == f"focusmesh {__version__}\n"
    overview = run("--help").stdout.decode()
    for command in (
        "import",
        "info",
        "rank",
        "context",
        "explain",
        "diff",
        "export",
        "plot",
        "demo",
    ):
        assert command in overview
    asked = {
        "_FOCUSMESH_COMPLETE": "complete_bash",
        "COMP_WORDS": "focusmesh ra",
        "COMP_CWORD": "1",
    }
    completed = run(env={**os.environ, **asked})
    assert completed.stdout.decode().split() == ["rank"]


@pytest.mark.parametrize(
    ("shell", "code", "said"),
    [
        ("rank edges.csv >&-", 0, b"bound"),
        ("rank edges.csv 2>&-", 0, b""),
        ("rank - --format csv <&-", 4, b"standard input"),
    ],
)
def test_closed_and_odd_streams_are_survived(
    edges: Path, shell: str, code: int, said: bytes
) -> None:
    words = " ".join(shlex.quote(word) for word in PROGRAM)
    done = subprocess.run(
        ["bash", "-c", f"{words} {shell}"], cwd=edges.parent, capture_output=True, check=False
    )
    assert done.returncode == code
    assert said in done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("word", ["--version", "--help"])
def test_nobody_reads_help_quietly(word: str) -> None:
    words = " ".join(shlex.quote(part) for part in PROGRAM)
    done = subprocess.run(
        ["bash", "-c", f"{words} {word} | true"], capture_output=True, check=False, timeout=60
    )
    assert done.stderr == b""
