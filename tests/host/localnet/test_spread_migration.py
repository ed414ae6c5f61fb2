"""A migration that takes many blocks, in a network of real processes: killed in it, followed, verified again.

The release that has it is a folder: the sources of today, and a ``sitecustomize.py`` that names a migration of
properties and has it look at three leaves a block. One of four validators lacks it.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import focusmesh
from focusmesh.host.keys import Keystore
from focusmesh.host.localnet import NetFolder, bring_down, bring_up, old_release
from focusmesh.host.localnet.desired_state import changed_wishes
from focusmesh.host.localnet.folder import USER
from focusmesh.host.localnet.perturbations import upgrade
from focusmesh.host.localnet.upgrade_drill.load import LoadUser
from focusmesh.host.localnet.upgrade_drill.operators import Operators, holds_within
from focusmesh.kernel.session import link_step, property_step
from focusmesh.kernel.state import PROPERTY_PREFIX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from focusmesh.kernel.block import Chain

FIRST, SECOND, THIRD, WITHOUT = VALIDATORS = ("node-1", "node-2", "node-3", "node-4")
EPOCH_BLOCKS, PROPERTIES, LEAVES_A_BLOCK = 10, 20, 3
NAME = "upper-properties"
RELEASE = f"""
import focusmesh.host.storage.ledger_folder as ledger_folder
import focusmesh.kernel.runtime.migrations as migrations
from focusmesh.kernel.runtime import Registry
from focusmesh.kernel.state import PROPERTY_PREFIX

migrations.LEAVES_A_BLOCK = {LEAVES_A_BLOCK}
UPPER = migrations.Migration(
    {NAME!r}, PROPERTY_PREFIX, lambda key, value: [(key, value.upper())]
)
todays = ledger_folder.operations


def operations():
    today = todays()
    return Registry(tuple(today._operations.values()), today.earlier, (UPPER,))


ledger_folder.operations = operations
"""


@pytest.fixture
def release(tmp_path: Path) -> str:
    sources = tmp_path / "release"
    sources.mkdir()
    (sources / "focusmesh").symlink_to(Path(focusmesh.__file__).parent)
    (sources / "sitecustomize.py").write_text(RELEASE)
    return old_release(str(sources))


@pytest.fixture
def folder(tmp_path: Path, release: str) -> Iterator[NetFolder]:
    """Four validators, of whom three have the release."""
    found = NetFolder(tmp_path / "net")
    Operators(found).make("", len(VALIDATORS), EPOCH_BLOCKS)
    with changed_wishes(found) as wishes:
        for name in VALIDATORS:
            wishes.of(name).program = "" if name == WITHOUT else release
    try:
        bring_up(found, len(VALIDATORS), "quorum", 10)
        yield found
    finally:
        bring_down(found)


class Pushed:
    """A network that makes blocks when it is pushed."""

    def __init__(self, folder: NetFolder) -> None:
        self.act = Operators(folder)
        self.user = LoadUser(folder, 0, threading.Event())
        phrase = folder.passphrase.read_text().strip()
        self.user.key = Keystore(folder.keys).unlock(USER, phrase)
        self.user.begin()
        self.count = 0

    def push(self) -> None:
        """One more block."""
        before = self.act.height(FIRST)
        self.count += 1
        self.user.sign(link_step(f"push {self.count}", "to", None, 1))
        assert holds_within(lambda: self.act.height(FIRST) > before)

    def push_until(self, holds: Callable[[Chain], bool]) -> None:
        """Blocks until something holds of the first node's chain."""
        for _ in range(8 * EPOCH_BLOCKS):
            if self.act.read(FIRST, holds):
                return
            self.push()
        pytest.fail("it does not come to hold")

    def say(self, name: str, *words: str) -> None:
        """A command of an operator, which is done."""
        done = self.act.network(name, *words)
        assert done.code == 0, done.said


def values(chain: Chain) -> list[bytes]:
    """All properties of a state."""
    with chain.state.at() as view:
        return [value for _, value in view.scan(PROPERTY_PREFIX)]


@pytest.mark.soak
def test_a_spread_migration_outlives_kills(folder: NetFolder, release: str) -> None:
    network = Pushed(folder)
    act = network.act
    for number in range(PROPERTIES):
        network.user.sign(property_step(f"particle {number}", "name", b"word"))
    network.push()
    network.say(FIRST, "propose", "--operations=own", f"--migrations={NAME}")
    change = act.read(FIRST, lambda chain: chain.epoch)
    for name in (SECOND, THIRD):
        network.say(name, "vote", only_change(act))
    network.push_until(lambda chain: chain.epoch > change)
    # All name the root of one state: the end of the epoch before. An epoch does not end unless it is pushed.
    for name in (FIRST, SECOND, THIRD):
        network.say(name, "ready")
    refused = act.network(WITHOUT, "ready")
    assert (refused.code, "install" in refused.said) == (8, True), refused
    network.push_until(lambda chain: bool(chain.rules.migrations))
    assert act.ends(WITHOUT)
    assert act.exit_code(WITHOUT) == 8
    assert f"the migration {NAME}" in act.log(WITHOUT)
    network.push()
    network.push()
    moved = act.read(FIRST, values)
    assert 0 < moved.count(b"WORD") < PROPERTIES, "it is under way"
    act.kill(FIRST, SECOND)
    network.push_until(lambda chain: not chain.rules.migrations)
    upgrade(folder, WITHOUT, release)
    network.push()
    goal = act.height(FIRST)
    assert all(act.comes_to(name, goal) for name in VALIDATORS)
    for name in VALIDATORS:
        assert act.read(name, lambda chain: chain.header(goal).id) == act.read(
            FIRST, lambda chain: chain.header(goal).id
        )
        assert act.read(name, values).count(b"WORD") == PROPERTIES
        assert b"word" not in act.read(name, values)
    done = act.command(FIRST, "chain", "verify", f"--ledger={folder.ledger(FIRST).path}")
    assert done.code == 0, done.said


def only_change(act: Operators) -> str:
    """The id of the one change that is voted on."""
    from focusmesh.host.ledger import open_changes

    (found,) = act.read(FIRST, open_changes)
    return found.id.hex()
