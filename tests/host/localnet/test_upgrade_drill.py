"""Real old code comes to this release: four validators, a straggler, a follower and a light client, under load.

The old releases are commits of this repository: 64072758, the last one whose networks have rules of version 4 and
headers of version 1, and 03d6065b, whose networks have version 5. Where the history is not here, as in a source
archive, the tests do not run.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from focusmesh.errors import FileError
from focusmesh.host.localnet import NetFolder, UpgradeDrill, bring_down, old_release
from focusmesh.host.localnet.parts import interpreter
from focusmesh.host.localnet.upgrade_drill import Check, DrillReport

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


def test_a_report_tells_what_does_not_hold() -> None:
    checks = [Check(step="s", what=f"{holds}", holds=holds, found="") for holds in (True, False)]
    assert DrillReport(checks=checks).failures == checks[1:]
