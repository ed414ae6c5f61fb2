"""Programs of others from npm, installed from a locked list into .cache and asked in a process of their own."""

from __future__ import annotations

import fcntl
import json
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

LOCK = "package-lock.json"
INSTALLED = "installed.json"


def installed(here: Path, what: str) -> Path:
    """The folder in .cache with what the lists in ``here`` name, and its scripts; skips where it is not to be had."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        pytest.skip("programs missing: node, npm")
    project = ROOT / ".cache" / here.name
    project.mkdir(parents=True, exist_ok=True)
    with (project / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several workers of pytest may ask for one folder
        if not is_installed(here, project):
            for name in ("package.json", LOCK):
                shutil.copy(here / name, project)
            command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
            if done.returncode:
                pytest.skip(f"packages missing: {what} of npm")
            shutil.copy(here / LOCK, project / INSTALLED)
        for script in here.glob("*.mjs"):
            shutil.copy(script, project)
    return project


def is_installed(here: Path, project: Path) -> bool:
    """Whether an installation of the list in ``here`` came to its end."""
    installed = project / INSTALLED
    return installed.exists() and installed.read_bytes() == (here / LOCK).read_bytes()


def asked(project: Path, script: str, question: Any) -> Any:
    """What a script answers: JSON in, JSON out."""
    done = subprocess.run(
        ["node", script],
        cwd=project,
        input=json.dumps(question),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)
