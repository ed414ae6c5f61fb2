"""A light client of a drill: one file, followed by the command of one release or another."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from focusmesh.host.localnet.commands import CommandResult, try_command
from focusmesh.host.localnet.status import heights

if TYPE_CHECKING:
    from focusmesh.host.localnet.folder import NetFolder

_ROUNDS_MAX = 64
"""So often a client asks for more, to come to the last block."""


class LightFile:
    """The file of a light client; ``program`` of each method is the release that reads it."""

    def __init__(self, folder: NetFolder) -> None:
        self._folder = folder
        self.path = folder.path / "drills" / "light-client"

    def begin(self, program: str) -> CommandResult:
        """At the genesis of the network, with the servers of its first nodes."""
        plan = self._folder.plan()
        urls = [node.url for node in plan.nodes[:2]]
        words = ["light", "init", str(self.path), *urls, f"--network={plan.network}", "--quiet"]
        return try_command(self._folder, words, program)

    def follow(self, program: str) -> CommandResult:
        """To the last block of now, or as far as this release comes: the last command, which perhaps failed."""
        goal, height = max(heights(self._folder.plan()).values(), default=0), -1
        for _ in range(_ROUNDS_MAX):
            words = ["light", "follow", str(self.path), "--once", "--samples=2", "--quiet"]
            done = try_command(self._folder, words, program)
            before, height = height, self.height(program)
            if done.code or height == before or height >= goal:
                break
        return done

    def height(self, program: str) -> int:
        """The last block that the client takes for final; −1 where it does not say."""
        words = ["light", "status", str(self.path), "--json"]
        done = try_command(self._folder, words, program)
        return -1 if done.code else int(json.loads(done.printed)["height"])
