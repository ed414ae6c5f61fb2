"""Every fault on real processes, drawn from a seed: which node, which fault, what is left meanwhile."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest
from typer.testing import CliRunner

from focusmesh.host.localnet import NetFolder, bring_down, bring_up, perturb, undo
from focusmesh.host.localnet.perturbations import LASTING
from focusmesh.interface.cli.application import application
from tests.host.localnet.public import Public
from tests.host.nodes import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.soak

SEEDS = range(6)
STEPS = 12
BORNE = [fault for fault in LASTING if fault not in ("equivocate", "lie")]
"""What lasts, and costs nobody anything."""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[NetFolder]:
    found = NetFolder(tmp_path / "localnet")
    yield found
    bring_down(found)


@pytest.mark.parametrize("agreement", ["quorum", "solo"])
@pytest.mark.parametrize("seed", SEEDS)
def test_faults_drawn_from_a_seed_are_borne(folder: NetFolder, seed: int, agreement: str) -> None:
    """Two nodes at most are disturbed at a time: enough to stop a network of four validators, which goes on after."""
    bring_up(folder, 4, "quorum" if agreement == "quorum" else "solo", 40)
    public, drawn = Public(folder), random.Random(f"{agreement} {seed}")
    for step in range(STEPS):
        names = list(public.urls)
        disturbed = drawn.sample(names, drawn.choice([1, 1, 2]))
        for name in disturbed:
            perturb(folder, name, drawn.choice(BORNE), None)
        for name in drawn.sample(names, 2):
            if name not in disturbed:
                public.leave(name)
        public.look()
        for name in disturbed:
            undo(folder, name)
        if step == STEPS // 3:
            perturb(folder, f"late-{seed}", "late-join", None)
        if step == STEPS // 2:
            perturb(folder, drawn.choice(names), "upgrade", None)
        public.settled()
    holds(public)


def test_who_votes_twice_loses_its_bond_and_nobody_else_anything(folder: NetFolder) -> None:
    bring_up(folder, 4, "quorum", 40)
    public = Public(folder)
    public.settled()
    perturb(folder, "node-4", "equivocate", None)
    until(lambda: jailed(public))
    undo(folder, "node-4")
    (lost,) = jailed(public)
    assert lost["bond"] == 0
    supply = {account["supply"] for account in holds(public)}
    # A twentieth went to the accuser, the rest is burned.
    assert supply == {folder.plan().supply - 950_000_000}


def test_who_withholds_is_found_by_samples(folder: NetFolder) -> None:
    bring_up(folder, 4, "quorum", 40)
    public = Public(folder)
    height, plan = public.settled(), folder.plan()
    perturb(folder, "node-2", "withhold", None)
    for node, code in ((plan.node("1"), 0), (plan.node("2"), None)):
        where = f"{node.contact}#{plan.network}"
        words = ["availability", "sample", where, "--height", str(height)]
        done = CliRunner().invoke(application, words)
        assert (done.exit_code == 0) is (code == 0), done.stderr


def jailed(public: Public) -> list[dict[str, int]]:
    """Validators that lost their bond, as the first node tells."""
    with urlopen(f"{next(iter(public.urls.values()))}/v1/validators", timeout=10) as answer:
        return [each for each in json.load(answer)["items"] if each["jailed"]]


def holds(public: Public) -> list[dict[str, int]]:
    """What ``monitor`` says of all nodes, which is that all of it is what the leaves make it."""
    done = CliRunner().invoke(application, ["monitor", *public.urls.values(), "--once", "--json"])
    assert done.exit_code == 0, done.stderr
    found: list[dict[str, int]] = json.loads(done.stdout)["nodes"]
    return found
