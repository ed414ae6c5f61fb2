"""The steps of an upgrade: four validators, one after the other, a straggler, a follower and a light client."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from focusmesh.host.localnet.desired_state import changed_wishes
from focusmesh.host.localnet.lifecycle import bring_up
from focusmesh.host.localnet.perturbations import join_late
from focusmesh.host.localnet.upgrade_drill.checks import Check, DrillReport
from focusmesh.host.localnet.upgrade_drill.light_file import LightFile
from focusmesh.host.localnet.upgrade_drill.load import Load
from focusmesh.host.localnet.upgrade_drill.operators import Operators, holds_within
from focusmesh.kernel.state import VERSION_CHANGING, VERSION_PAYING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from focusmesh.host.localnet.folder import NetFolder
    from focusmesh.kernel.block import Chain

VALIDATORS = ("node-1", "node-2", "node-3", "node-4")
FIRST, SECOND, THIRD, STRAGGLER = VALIDATORS
FOLLOWER, NEWCOMER = "follower", "newcomer"
EPOCH_BLOCKS = 20
UPGRADE_CODE = 8
"""What a node ends with that lacks what the next block needs."""
_TRIES = 4
_BLOCKS_AHEAD = 5
_WORDS_MAX = 160


class UpgradeDrill:
    """A drill in an empty folder; ``old`` is the old release, as ``interpreter`` takes it. It brings the network up.

    Whoever runs it takes the network down. ``tell`` is told each step and each check. ``epoch_blocks``: how long epochs
    are. Raises FileError where a part of it never comes about, such as a release that makes no network.
    """

    def __init__(
        self,
        folder: NetFolder,
        old: str,
        tell: Callable[[str], None] = lambda words: None,
        *,
        epoch_blocks: int = EPOCH_BLOCKS,
    ) -> None:
        self.folder, self.old = folder, old
        self.epoch_blocks = epoch_blocks
        self.report = DrillReport()
        self._tell = tell
        self._operators = Operators(folder)
        self._light = LightFile(folder)
        self._step = ""
        self._first_epoch = 0
        self._load: Load

    def run(self) -> DrillReport:
        """All steps, in order."""
        began = time.monotonic()
        self._begin_old()
        try:
            self._replace_nodes()
            self._activate()
            self._meet_straggler()
            self._vote()
        finally:
            self._load.stop()
        self._look_back()
        self.report.kills = self._operators.kills
        self.report.seconds = round(time.monotonic() - began, 1)
        return self.report

    def _begin_old(self) -> None:
        """Four validators, a follower and a light client of the old release; load from here on."""
        self._begin_step("old network")
        act = self._operators
        act.make(self.old, len(VALIDATORS), self.epoch_blocks)
        with changed_wishes(self.folder) as wishes:
            for name in VALIDATORS:
                wishes.of(name).program = self.old
        bring_up(self.folder, len(VALIDATORS), "quorum", 40, tell=self._tell)
        self.report.old = act.read(FIRST, lambda chain: chain.parameters.version)
        self._load = Load(self.folder)
        self._load.start()
        join_late(self.folder, FOLLOWER, self.old)
        done = self._light.begin(self.old)
        self._check("the old light client begins", done.code == 0, done.said)
        self._check("blocks carry load", self._goes_on(VALIDATORS), f"block {act.height(FIRST)}")
        done = self._light.follow(self.old)
        self._check(
            "the old light client follows", done.code == 0, done.said or self._light_words()
        )

    def _replace_nodes(self) -> None:
        """Three of four come to the new release, each killed before, within and after it."""
        for name in (FIRST, SECOND, THIRD):
            self._begin_step(f"upgrade of {name}")
            before = self._operators.height(STRAGGLER)
            self._operators.upgrade(name)
            self._check("it takes part again", self._goes_on((name,)), self._at(name))
            self._operators.kill(name)
            self._check("killed, it takes part again", self._goes_on((name,)), self._at(name))
            after = self._operators.height(STRAGGLER)
            self._check("old nodes went on", after > before, f"blocks {before} to {after}")

    def _activate(self) -> None:
        """What is new begins when more than two thirds are ready, and not before."""
        self._begin_step("too few are ready")
        if self.report.old >= VERSION_CHANGING:
            self._propose("operations", FIRST, "--operations=own")
            self._approve(SECOND, THIRD)
        self._say_ready(FIRST)
        self._pass_epochs(2)
        self._check("one of four brings nothing about", not self._is_active(), self._rules_words())
        self._begin_step("activation")
        self._say_ready(SECOND)
        self._operators.kill(SECOND)
        self._say_ready(THIRD)
        self._check("activated", self._kill_into(self._is_active), self._rules_words())
        self._first_epoch = self._operators.read(FIRST, lambda chain: chain.epoch)
        self._check("blocks go on under it", self._goes_on((FIRST, SECOND, THIRD)), self._at(FIRST))

    def _meet_straggler(self) -> None:
        """The validator, the follower and the light client that still have the old release, then the new one."""
        self._begin_step("straggler")
        act, needs_set = self._operators, self.report.old >= VERSION_CHANGING
        for name in (STRAGGLER, FOLLOWER):
            if needs_set:
                ended = act.ends(name)
                said = act.log(name).strip().splitlines()[-1:]
                is_told = (
                    ended and act.exit_code(name) == UPGRADE_CODE and "install" in "".join(said)
                )
                self._check(f"{name} stops with code 8 and names the release", is_told, f"{said}")
            else:
                self._check_still(name)
        done = self._light.follow(self.old)
        if needs_set:
            self._check("the old light client follows", done.code == 0, done.said)
        else:
            is_whole = "damage" not in done.said and self._light.height(self.old) > 0
            self._check("the old light client keeps what it has", is_whole, done.said)
        for name in (STRAGGLER, FOLLOWER):
            act.upgrade(name)
            self._check(f"{name} goes on, upgraded", self._goes_on((name,)), self._at(name))
        act.kill(STRAGGLER)
        done = self._light.follow("")
        self._check("the light client goes on, upgraded", done.code == 0, self._light_words())

    def _check_still(self, name: str) -> None:
        """A node from before headers had versions: it has no code for what it meets, and stands before it."""
        act = self._operators
        first = act.read(FIRST, lambda chain: chain.epoch_start(self._first_epoch))
        is_still = self._goes_on((FIRST,)) and act.height(name) < first
        self._check(f"{name} stands before block {first}", is_still, self._at(name))
        done = act.command(name, "chain", "verify", f"--ledger={self.folder.ledger(name).path}")
        self._check(f"all that {name} has verifies", done.code == 0, done.printed or done.said)
        self._note(f"what {name} says", act.trouble(name) or act.log(name))

    def _vote(self) -> None:
        """One vote that fails, and one that brings the next version of the rules."""
        self._begin_step("a vote that fails")
        act = self._operators
        burn = act.read(FIRST, lambda chain: chain.parameters.link_burn)
        lost = self._propose("link_burn", FIRST, f"link_burn={burn + 1}")
        self._vote_on(lost, SECOND, "--no")
        act.kill(FIRST)
        self._begin_step(f"version {VERSION_PAYING}")
        if self._version() < VERSION_PAYING:
            self._propose("version", SECOND, f"version={VERSION_PAYING}")
            self._approve(THIRD)
            self._pass_epochs(1)
            self._check(
                "two of four are too few", self._version() < VERSION_PAYING, self._rules_words()
            )
            self._approve(STRAGGLER)
            is_law = self._kill_into(lambda: self._version() >= VERSION_PAYING)
            self._check("law and in force", is_law, self._rules_words())
        self._check("blocks go on under it", self._goes_on(VALIDATORS), self._at(FIRST))
        if VERSION_CHANGING <= self.report.old < VERSION_PAYING:
            done = self._light.follow(self.old)
            is_whole = done.code and "damage" not in done.said and self._light.height(self.old) > 0
            self._check(
                "the old light client stops, and keeps what it has", bool(is_whole), done.said
            )
        done = self._light.follow("")
        self._check("the light client goes on", done.code == 0, done.said or self._light_words())
        self._begin_step("a vote that fails")
        self._check(
            "it lapses",
            holds_within(lambda: not self._changes()),
            f"open: {self._changes()}",
        )
        now = act.read(FIRST, lambda chain: chain.parameters.link_burn)
        self._check("nothing came of it", now == burn, f"link_burn {now}")

    def _look_back(self) -> None:
        """Every acknowledged signal, on every node; one state; nothing that does not verify."""
        self._begin_step("afterwards")
        act, load = self._operators, self._load
        join_late(self.folder, NEWCOMER)
        nodes = self.folder.plan().nodes
        placed = holds_within(lambda: all(map(load.is_placed, nodes)))
        lost = load.missing_signals([node for node in nodes if node.name != NEWCOMER])
        self.report.acknowledged = len(load.promises)
        self.report.lost = len(set[str]().union(*lost.values()))
        words = {name: len(found) for name, found in lost.items() if found}
        self._check(
            "every acknowledged signal is in a block of every node that was there",
            placed and not self.report.lost,
            f"{self.report.acknowledged} acknowledged, missing: {words or 'none'}",
        )
        self._check("there was load", self.report.acknowledged > 0, self._load.trouble)
        self.report.height = min(act.height(node.name) for node in nodes)
        roots = {
            act.read(node.name, lambda chain: chain.header(self.report.height).id.hex())
            for node in nodes
        }
        self._check("one block at each height", len(roots) == 1, f"block {self.report.height}")
        done = act.command(FIRST, "chain", "verify", f"--ledger={self.folder.ledger(FIRST).path}")
        self._check("all blocks verify", done.code == 0, done.printed or done.said)
        done = self._light.follow("")
        is_level = done.code == 0 and self._light.height("") >= self.report.height
        self._check("the light client is at the last block", is_level, self._light_words())
        self.report.new = self._version()

    def _say_ready(self, name: str) -> None:
        done = self._again(lambda: self._operators.network(name, "ready"))
        self._check(f"{name} says that it is ready", done.code == 0, done.said or done.printed)

    def _propose(self, what: str, name: str, *words: str) -> str:
        """The id of what a validator proposes."""
        done = self._again(lambda: self._operators.network(name, "propose", *words))
        self._check(f"{name} proposes {what}", done.code == 0, done.said or done.printed)
        return str(self._changes()[-1]["id"])

    def _approve(self, *names: str) -> None:
        change = self._changes()[-1]["id"]
        for name in names:
            self._vote_on(change, name)

    def _vote_on(self, change: str, name: str, *words: str) -> None:
        done = self._again(lambda: self._operators.network(name, "vote", change, *words))
        how = "against" if words else "for"
        self._check(f"{name} votes {how} it", done.code == 0, done.said or done.printed)

    def _changes(self) -> list[dict[str, Any]]:
        words = "network", "changes", f"--ledger={self.folder.ledger(FIRST).path}", "--json"
        done = self._operators.command(FIRST, *words)
        found: list[dict[str, Any]] = json.loads(done.printed)["changes"]
        return found

    def _again(self, act: Callable[[], Any]) -> Any:
        """What is signed just before an epoch ends may come too late for it: then it is signed again."""
        for _ in range(_TRIES):
            done = act()
            if not done.code:
                break
        return done

    def _is_active(self) -> bool:
        def question(chain: Chain) -> bool:
            return chain.parameters.can_change and chain.rules.operations == chain.registry.digest

        return self._operators.read(FIRST, question)

    def _version(self) -> int:
        return self._operators.read(FIRST, lambda chain: chain.parameters.version)

    def _kill_into(self, holds: Callable[[], bool]) -> bool:
        """Kills three of four at once where an epoch is about to end, until something holds; whether it came to."""
        act = self._operators

        def is_near() -> bool:
            return (
                holds()
                or act.read(FIRST, lambda chain: (chain.epoch_end_most or 0) - chain.height) <= 1
            )

        holds_within(is_near)
        act.kill(FIRST, SECOND, THIRD)
        act.kill_server(FIRST)
        return holds_within(holds)

    def _pass_epochs(self, count: int) -> None:
        def epoch() -> int:
            return self._operators.read(FIRST, lambda chain: chain.epoch)

        until = epoch() + count
        has_passed = holds_within(lambda: epoch() >= until)
        self._check(f"epochs pass, {count} of them", has_passed, f"epoch {epoch()}")

    def _goes_on(self, names: Sequence[str]) -> bool:
        """Whether nodes come to a block that nobody had a moment ago."""
        act = self._operators
        goal = max(act.height(node.name) for node in self.folder.plan().nodes) + _BLOCKS_AHEAD
        return holds_within(lambda: all(act.height(name) >= goal for name in names))

    def _rules_words(self) -> str:
        return self._operators.read(
            FIRST,
            lambda chain: (
                f"block {chain.height}, version {chain.parameters.version}, "
                f"operations {chain.rules.operations.hex()[:8]}"
            ),
        )

    def _at(self, name: str) -> str:
        code = self._operators.exit_code(name)
        return f"block {self._operators.height(name)}" + (
            "" if code is None else f", ended with {code}"
        )

    def _light_words(self) -> str:
        return f"block {self._light.height('')}"

    def _note(self, what: str, found: str) -> None:
        """Something that is shown, whatever it is."""
        self._check(what, True, found)

    def _begin_step(self, step: str) -> None:
        self._step = step
        self._tell(step)

    def _check(self, what: str, holds: bool, found: str) -> None:
        words = " ".join(found.split())[-_WORDS_MAX:]
        self.report.checks.append(Check(step=self._step, what=what, holds=holds, found=words))
        self._tell(f"  {'holds' if holds else 'FAILS'}: {what}: {words}")
