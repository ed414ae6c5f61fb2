"""``focusmesh rules watch`` and ``rules run --profile``."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from threading import Timer
from typing import TYPE_CHECKING

import pytest

from focusmesh.errors import FocusmeshError
from focusmesh.interface.cli.programs.rules_watch import FollowedGraph
from focusmesh.interface.cli.shared.options import Output, Reading
from focusmesh.interface.cli.shared.screen import Screen
from tests.interface.cli.conftest import PROGRAM

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from tests.interface.cli.conftest import Invoke

RULES = """path(x, y) :- axon(x, y, _).
path(x, z) :- path(x, y), axon(y, z, _).
"""


@pytest.fixture
def links(tmp_path: Path) -> Path:
    path = tmp_path / "links.csv"
    path.write_text("a,b\nb,c\n", encoding="utf-8")
    return path


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "path.dl"
    path.write_text(RULES, encoding="utf-8")
    return path


def replace(path: Path, text: str) -> None:
    beside = path.with_suffix(".new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


def test_rows_come_and_go_until_an_interrupt(links: Path, rules: Path) -> None:
    with subprocess.Popen(
        [*PROGRAM, "rules", "watch", str(links), str(rules), "--every", "0.05"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        alarm = Timer(60.0, process.kill)
        alarm.start()
        assert process.stdout is not None
        first = [process.stdout.readline() for _ in range(3)]
        replace(links, "a,b\nb,d\n")
        then = [process.stdout.readline() for _ in range(4)]
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        alarm.cancel()
    assert sorted(first) == ['+ path("a", "b")\n', '+ path("a", "c")\n', '+ path("b", "c")\n']
    assert sorted(then[:2]) == ['+ path("a", "d")\n', '+ path("b", "d")\n']
    assert sorted(then[2:]) == ['- path("a", "c")\n', '- path("b", "c")\n']
    assert (process.returncode, out) == (130, "")
    assert err.splitlines()[-1] == "focusmesh: interrupted"


def test_json_has_one_object_a_change(
    invoke: Invoke, links: Path, rules: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = iter(["a,b\n", None])

    def sleep(_: float) -> None:
        text = next(looks)
        if text is None:
            raise KeyboardInterrupt
        replace(links, text)

    monkeypatch.setattr(time, "sleep", sleep)
    done = invoke("rules", "watch", links, rules, "--json", code=130)
    whole, change = map(json.loads, done.stdout.splitlines())
    assert whole["is_whole"]
    assert len(whole["came"]["path"]) == 3
    assert (change["is_whole"], change["came"]) == (False, {})
    assert sorted(change["went"]["path"]) == [["a", "c"], ["b", "c"]]
    assert "0 rows came, 2 rows went" in done.stderr


def test_a_graph_that_cannot_be_read_is_waited_out(
    links: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    followed = FollowedGraph(str(links), Reading(), Screen(Output(quiet=True)))
    followed._screen = Screen(Output())
    before = followed.snapshot()
    steps: list[Callable[[], object]] = [
        lambda: None,
        links.unlink,
        lambda: links.write_text("<html>", encoding="utf-8"),
        lambda: replace(links, "a,c\n"),
    ]
    monkeypatch.setattr(time, "sleep", lambda _: steps.pop(0)())
    followed.wait(1.0)
    assert steps == []
    assert followed.snapshot() is not before
    assert capsys.readouterr().err.count("not read, so nothing changes") == 2


def test_what_cannot_be_watched_is_refused(invoke: Invoke, links: Path, rules: Path) -> None:
    assert "name one, not -" in invoke("rules", "watch", "-", rules, code=3).stderr
    done = invoke("rules", "watch", links, rules, "--show", "pth", code=3)
    assert "no relation pth is put out; there are: path" in done.stderr
    with pytest.raises(FocusmeshError):
        FollowedGraph(str(links.parent / "none.csv"), Reading(), Screen(Output()))


def test_a_folder_is_looked_at_file_by_file(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    (notes / "in").mkdir(parents=True)
    (notes / "a.md").write_text("See [[b]].", encoding="utf-8")
    (notes / "in" / "b.md").write_text("See [[a]].", encoding="utf-8")
    followed = FollowedGraph(str(notes), Reading(), Screen(Output(quiet=True)))
    before = followed._look()
    (notes / "in" / "b.md").write_text("Nothing at all.", encoding="utf-8")
    assert followed._look() != before


def test_a_profile_says_what_each_rule_took(
    invoke: Invoke, document: Callable[..., dict[str, Any]], links: Path, rules: Path
) -> None:
    done = invoke("rules", "run", links, rules, "--profile")
    head, *lines = done.stdout.splitlines()[4:]
    assert head.split() == ["seconds", "rows", "inferences", "step"]
    found = {line.split(None, 3)[3]: line.split()[1] for line in lines}
    assert found["the rule of path in line 1"] == "2"
    assert found["the rule of path in line 2"] == "1"
    told = document("rules", "run", links, rules, "--profile")["profile"]
    assert {each["step"]: each["rows"] for each in told} == {
        "the rule of path in line 1": 2,
        "the rule of path in line 2": 1,
    }
    assert "profile" not in document("rules", "run", links, rules)


def test_brackets_in_names_are_shown(invoke: Invoke, links: Path, rules: Path) -> None:
    links.write_text("[bold]a,[/x]\n", encoding="utf-8")
    done = invoke("rules", "why", links, rules, 'path("[bold]a", "[/x]")')
    assert done.stdout.splitlines()[1].strip() == 'axon("[bold]a", "[/x]", 1.0)'


def test_a_seed_that_is_gone_is_waited_for(
    invoke: Invoke, links: Path, rules: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules.write_text('far(p) :- @distances[seeds="a"](p, d), d > 0.', encoding="utf-8")
    looks = iter(["b,c\n", "a,c\n", None])

    def sleep(_: float) -> None:
        text = next(looks)
        if text is None:
            raise KeyboardInterrupt
        replace(links, text)

    monkeypatch.setattr(time, "sleep", sleep)
    done = invoke("rules", "watch", links, rules, "--json", code=130)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [each["came"]["far"] for each in told] == [[["b"], ["c"]], [["c"]]]
    assert all(each["is_whole"] for each in told)
    assert "not answered, and looked at again: no particle is named 'a'" in done.stderr
