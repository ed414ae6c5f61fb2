"""Programs of others from npm, installed from a locked list into .cache and asked in a process of their own."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

LOCK = "package-lock.json"


def installed(here: Path, what: str) -> Path:
    """The folder in .cache with what the lists in ``here`` name, and its scripts; skips where it is not to be had."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        pytest.skip("programs missing: node, npm")
    project = ROOT / ".cache" / here.name
    project.mkdir(parents=True, exist_ok=True)
    is_new = not (project / LOCK).exists()
    if is_new or (project / LOCK).read_bytes() != (here / LOCK).read_bytes():
        shutil.copy(here / "package.json", project)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        shutil.copy(here / LOCK, project)
        done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
        if done.returncode:
            (project / LOCK).unlink()
            pytest.skip(f"packages missing: {what} of npm")
    for script in here.glob("*.mjs"):
        shutil.copy(script, project)
    return project


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
