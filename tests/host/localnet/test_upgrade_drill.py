"""Real old code comes to this release: four validators, a straggler, a follower and a light client, under load.

The old releases are commits of this repository: 64072758, the last one whose networks have rules of version 4 and
headers of version 1, and 03d6065b, whose networks have version 5. Where the history is not here, as in a source
archive, the tests do not run.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tarfile
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from typer.testing import CliRunner

from focusmesh.errors import FileError
from focusmesh.host.localnet import NetFolder, UpgradeDrill, bring_down, make_net, old_release
from focusmesh.host.localnet.parts import interpreter
from focusmesh.host.localnet.upgrade_drill import Check, DrillReport
from focusmesh.host.localnet.upgrade_drill.load import Load
from focusmesh.interface.cli.application import application

if TYPE_CHECKING:
    from tests.conftest import NotRun

ROOT = Path(__file__).parents[3]
VERSION_4, VERSION_5 = "64072758", "03d6065b"


@pytest.mark.soak
@pytest.mark.parametrize(("commit", "version"), [(VERSION_4, 4), (VERSION_5, 5)])
def test_an_old_network_comes_to_this_release(
    tmp_path: Path, commit: str, version: int, not_run: NotRun
) -> None:
    sources = tmp_path / "old"
    if not has_sources(commit, sources):
        not_run("no history of the repository", commit)
    folder, said = NetFolder(tmp_path / "net"), list[str]()
    try:
        report = UpgradeDrill(folder, old_release(str(sources)), said.append).run()
    finally:
        bring_down(folder)
    assert not report.failures, "\n".join(said)
    assert (report.old, report.new, report.lost) == (version, 6, 0)
    assert report.acknowledged > 100
    assert report.kills > 20


def has_sources(commit: str, where: Path) -> bool:
    """Whether the sources of a commit could be put there."""
    git = shutil.which("git")
    if git is None:
        return False
    archive = [git, "-C", str(ROOT), "archive", commit, "src"]
    done = subprocess.run(archive, capture_output=True, check=False)
    if done.returncode:
        return False
    with tarfile.open(fileobj=BytesIO(done.stdout)) as tar:
        tar.extractall(where, filter="data")
    return True


def test_a_release_is_a_python_or_a_folder_of_sources(tmp_path: Path) -> None:
    assert old_release(sys.executable) == sys.executable
    sources = tmp_path / "src"
    (sources / "focusmesh").mkdir(parents=True)
    with pytest.raises(FileError, match="neither a Python nor a folder"):
        old_release(str(tmp_path))
    (sources / "focusmesh" / "__init__.py").touch()
    assert {old_release(str(tmp_path)), old_release(str(sources))} == {str(sources)}


def test_a_release_runs_with_its_own_sources_and_this_python(tmp_path: Path) -> None:
    assert interpreter(str(tmp_path)) == (sys.executable, {"PYTHONPATH": str(tmp_path)})
    assert interpreter("/opt/old/bin/python") == ("/opt/old/bin/python", {})
    assert interpreter("") == (sys.executable, {})


def test_a_release_that_makes_no_network_is_told(tmp_path: Path) -> None:
    sources = tmp_path / "src"
    (sources / "focusmesh").mkdir(parents=True)
    (sources / "focusmesh" / "__init__.py").touch()
    with pytest.raises(FileError, match=r"(?s)makes no network: .*focusmesh\.host"):
        UpgradeDrill(NetFolder(tmp_path / "net"), old_release(str(tmp_path))).run()


BLOCKS: dict[str, dict[str, Any]] = {
    "status": {"tip": 2},
    "blocks/1": {"signals": [{"id": "aa", "code": "ok"}, {"id": "bb", "code": "stake"}]},
    "blocks/2": {"signals": [{"id": "cc", "code": "ok"}]},
}


def test_a_signal_that_no_block_carried_out_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Must fail for who counts promises, or blocks that refused a signal: those are what a drill is to find."""
    folder = NetFolder(tmp_path / "net")
    plan = make_net(folder, 2, "solo", 1, None)

    def answer(url: str) -> dict[str, Any]:
        return BLOCKS[url.partition("/v1/")[2]]

    monkeypatch.setattr("focusmesh.host.localnet.upgrade_drill.load.fetch_json", answer)
    load = Load(folder)
    assert load.missing_signals(plan.nodes) == {"node-1": set(), "node-2": set()}
    first, second = load.users
    first.acknowledged += ["aa", "cc"]
    second.acknowledged.append("bb")
    assert load.missing_signals(plan.nodes[:1]) == {"node-1": {"bb"}}
    assert load.promises == ["aa", "cc", "bb"]


@pytest.mark.parametrize(("holds", "code"), [(True, 0), (False, 7)])
def test_the_command_shows_all_checks_and_ends_with_what_they_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, holds: bool, code: int
) -> None:
    check = Check(step="activation", what="activated", holds=holds, found="block 9")
    report = DrillReport(old=4, new=6, acknowledged=3, checks=[check])
    monkeypatch.setattr(UpgradeDrill, "run", lambda _: report)
    words = ["localnet", "upgrade", "--old", sys.executable, "--dir", str(tmp_path / "net")]
    done = CliRunner().invoke(application, [*words, "--json"])
    assert done.exit_code == code, done.output
    assert json.loads(done.stdout)["checks"] == [msgspec.to_builtins(check)]
    done = CliRunner().invoke(application, words)
    assert done.exit_code == code
    assert ("FAILS" in done.stdout) is not holds
    assert ("activation: activated: block 9" in done.stderr) is not holds


def test_a_release_that_is_none_is_refused(tmp_path: Path) -> None:
    words = ["localnet", "upgrade", "--old", str(tmp_path), "--dir", str(tmp_path / "net")]
    done = CliRunner().invoke(application, words)
    assert done.exit_code == 4
    assert "git archive" in done.stderr
    assert not (tmp_path / "net").exists()


def test_a_report_tells_what_does_not_hold() -> None:
    checks = [Check(step="s", what=f"{holds}", holds=holds, found="") for holds in (True, False)]
    assert DrillReport(checks=checks).failures == checks[1:]
