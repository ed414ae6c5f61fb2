"""A tracked table knows whether its code is what was measured, and its page says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.__main__ import CLAIMS
from benchmarks.harness import Result
from benchmarks.page import rewritten
from benchmarks.staleness import changed, digest, digests, main, measured, remark

if TYPE_CHECKING:
    from pathlib import Path

NOW = {"engine.focus": "aa", "engine.links": "bb"}
AT = {"machine": {"commit": "abc"}}


def tree(root: Path, **texts: str) -> Path:
    """Files by path, ``__`` for a slash."""
    for name, text in texts.items():
        path = root / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


@pytest.mark.parametrize("name", CLAIMS)
def test_every_benchmark_measures_something(name: str) -> None:
    assert measured(name)


def test_what_is_measured_is_found_by_way_of_helpers(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        benchmarks__claims__one__bench_a="from benchmarks.data.inner import thing\n",
        benchmarks__data__inner="def act():\n    from focusmesh.kernel.block import Chain\n",
        src__focusmesh__kernel__block__chain="",
        src__focusmesh__kernel__state__state="",
    )
    assert measured("a", root) == ["kernel.block"]
    assert measured("b", root) == []


@pytest.mark.parametrize(
    ("text", "is_same"),
    [
        ('"""Said otherwise."""\n\n\ndef act() -> int:  # why\n    return 1\n', True),
        ("def act() -> int:\n    return 2\n", False),
    ],
)
def test_code_counts_and_prose_does_not(tmp_path: Path, text: str, is_same: bool) -> None:
    first = tree(tmp_path / "1", focusmesh__engine__a='"""A."""\ndef act() -> int:\n    return 1\n')
    second = tree(tmp_path / "2", focusmesh__engine__a=text)
    assert (digest("engine", first) == digest("engine", second)) == is_same


def test_a_table_of_other_code_is_told() -> None:
    fresh: dict[str, Any] = AT | {"measures": NOW}
    assert changed(fresh, NOW) == []
    assert remark(fresh, NOW) == ""
    other = NOW | {"engine.focus": "cc"}
    assert changed(fresh, other) == ["engine.focus"]
    assert remark(fresh, other) == (
        "*Measured at commit abc, before the last change of the code that it measures.*\n"
    )
    assert changed(fresh, {"engine.focus": "aa"}) == ["engine.links"]
    assert changed(AT, NOW) is None
    assert "before tables kept digests" in remark(AT, NOW)


def test_a_table_that_is_written_keeps_digests_and_its_page_shows_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("benchmarks.harness.RESULTS", tmp_path)
    monkeypatch.setattr("benchmarks.page.RESULTS", tmp_path)
    monkeypatch.setattr("benchmarks.staleness.RESULTS", tmp_path)
    page = "<!-- results: tree -->\n<!-- end of results -->\n"
    result = Result("tree", tables={"Tree": [{"seconds": 1.0}]})
    result.write({"commit": "abc"}, True, digests("tree"))
    assert "Measured" not in rewritten(page)
    main()
    assert capsys.readouterr().out == ""
    result.write({"commit": "abc"}, True, digests("tree") | {"kernel.state": "other"})
    assert "*Measured at commit abc, before the last change" in rewritten(page)
    main()
    assert capsys.readouterr().out == "tree.json: changed since: kernel.state\n"
