"""The way into the program, before any command is there."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.conftest import ROOT

INTERRUPTED_WHILE_LOADING = """
import os, signal, sys

wanted = sys.argv.pop(1)  # the rest are the program's own words

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == wanted:
            sys.meta_path.remove(self)
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupting())
from focusmesh.interface.cli import main
main()
"""


@pytest.mark.parametrize("module", ["typer", "focusmesh.interface.cli.graph.walk"])
def test_ctrl_c_while_the_commands_load_is_told_in_a_word(module: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_WHILE_LOADING, module, "walk", "--help"],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (130, "focusmesh: interrupted\n")
