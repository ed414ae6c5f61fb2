"""The program of a node that lies: what it agrees with, and that nothing but a localnet begins it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from focusmesh.host.localnet.drills import Drill
from focusmesh.host.localnet.parts import LYING, PROGRAM
from focusmesh.interface.cli.ledger import network as network_cli
from focusmesh.interface.cli.ledger import node as node_cli
from tests.conftest import IMPORT_PATH, ROOT


def test_who_lies_is_another_program_and_nothing_that_an_operator_can_ask_for() -> None:
    told = Path(network_cli.__file__).read_text() + Path(node_cli.__file__).read_text()
    assert "lying" not in told
    assert "lies" not in Drill.__struct_fields__
    assert "lie()" in LYING
    assert "lie()" not in PROGRAM


def test_liars_agree_with_each_other_alone() -> None:
    """In a process of its own, since it is not undone there."""
    code = (
        "from tests.kernel.block.ledger import KEYS, Ledger; from focusmesh.host.localnet import lie; "
        "honest = Ledger(version=4); block = honest.block(honest.links(KEYS[1], (1, 2))); lie(); "
        "one, other = honest.twin(), honest.twin(); one.nonces = dict.fromkeys(KEYS, 0); "
        "false = one.block(one.links(KEYS[1], (1, 2))); assert false.header.focus_root == block.header.focus_root; "
        "roots = {each.header.focus_certificate.trace_root for each in (block, false)}; assert len(roots) == 2; "
        "other.chain.accept(false); print('agreed'); other = honest.twin(); other.chain.accept(block)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": IMPORT_PATH},
    )
    assert done.stdout == "agreed\n"
    assert "BlockError" in done.stderr
