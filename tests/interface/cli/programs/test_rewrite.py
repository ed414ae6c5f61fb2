"""``focusmesh rewrite``: what is printed, in text and in JSON, and how it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.interface.cli.conftest import Invoke

CHOICE = "@one = &0{1,2}\n@main = #P{@one,(+ 1 2)}\n"


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "choice.ic"
    path.write_text(CHOICE, encoding="utf-8")
    return path


def test_each_command_prints_its_terms(invoke: Invoke, program: Path) -> None:
    assert invoke("rewrite", "run", program).stdout == "#P{@one,(+ 1 2)}\n"
    assert invoke("rewrite", "norm", program).stdout == "#P{&0{1,2},3}\n"
    assert invoke("rewrite", "collapse", program).stdout == "#P{1,3}\n#P{2,3}\n"
    assert invoke("rewrite", "collapse", program, "--first", "1").stdout == "#P{1,3}\n"
    assert invoke("rewrite", "norm", program, "--start", "one").stdout == "&0{1,2}\n"
    assert "M interactions/s" in invoke("rewrite", "bench", program, "--repeat", "2").stdout


def test_json(document: Callable[..., dict[str, Any]], program: Path) -> None:
    found = document("rewrite", "norm", program)
    assert (found["term"], found["interactions"], found["evaluator"]) == (
        "#P{&0{1,2},3}",
        3,
        "lazy",
    )
    assert sum(found["by_opcode"].values()) == 3
    assert document("rewrite", "collapse", program)["terms"] == ["#P{1,3}", "#P{2,3}"]
    timed = document("rewrite", "bench", program, "--repeat", "3")
    assert len(timed["samples"]) == 3


@pytest.mark.parametrize(
    ("text", "options", "code", "message"),
    [
        ("λx.(x x)", (), 3, "stdin:1:7: x was used before"),
        ("@main = @main", ("--fuel", "10"), 6, "not done after 10 interactions"),
        ("@f(x) = #S{@f(#S{x})}\n@main = @f(#Z)", ("--memory", "4"), 4, "allow it more memory"),
        ("1", ("--start", "none"), 2, "@none is not defined"),
        ("1", ("--memory", "99999999"), 2, "must be"),
    ],
)
def test_how_it_ends(
    invoke: Invoke, text: str, options: tuple[str, ...], code: int, message: str
) -> None:
    assert message in invoke("rewrite", "norm", "-", *options, code=code, stdin=text).stderr


def test_a_file_that_is_no_text(invoke: Invoke, tmp_path: Path) -> None:
    path = tmp_path / "bytes.ic"
    path.write_bytes(b"\xff")
    assert "not UTF-8 at byte 0" in invoke("rewrite", "run", path, code=3).stderr
    assert "no such file" in invoke("rewrite", "run", tmp_path / "none", code=4).stderr


def test_strings_are_shown_on_request(invoke: Invoke) -> None:
    text = '@main = &0{"Hi",#P{"λx"}}'
    norm, collapsed = '&0{"Hi",#P{"λx"}}\n', '"Hi"\n#P{"λx"}\n'
    assert invoke("rewrite", "norm", "-", "--strings", stdin=text).stdout == norm
    assert invoke("rewrite", "collapse", "-", "--strings", stdin=text).stdout == collapsed
    assert "#Cons{72," in invoke("rewrite", "norm", "-", stdin=text).stdout
    assert invoke("rewrite", "run", "-", "--strings", stdin='"a"').stdout == '"a"\n'
