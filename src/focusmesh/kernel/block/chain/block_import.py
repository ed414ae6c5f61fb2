"""Blocks of a chain in a row, from whoever has them: each accepted, or with those before it once it is decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.errors import BlockError
from focusmesh.kernel.block.chain.candidates import Candidates
from focusmesh.kernel.block.chain.chain import Chain
from focusmesh.kernel.block.chain.decisions import OPEN_MAX

if TYPE_CHECKING:
    from collections.abc import Mapping

    from focusmesh.kernel.block.block import Block
    from focusmesh.kernel.runtime import Registry
    from focusmesh.kernel.state import Store
    from focusmesh.protocol.world import Checker


class BlockImport:
    """The blocks after the last one of the chain in a store."""

    def __init__(self, store: Store, registry: Registry, checker: Checker | None = None) -> None:
        """Raises as ``Chain``."""
        chain = Chain(store, registry, checker)
        self._store, self._registry, self._checker = store, registry, checker
        self._candidates: Candidates | None = None
        self._run: list[tuple[Block, Mapping[bytes, bytes] | None]] = []
        self.chain = chain
        """What is in the store."""
        self._follow_agreement()

    def _follow_agreement(self) -> None:
        """Blocks are collected up to a decision as long as validators decide them."""
        is_voted = self.chain.validator_set is not None
        if is_voted and self._candidates is None:
            self._candidates = Candidates(self._store, self._registry, self._checker)
            self.chain = self._candidates.decided
        elif not is_voted:
            self._candidates = None

    def add(
        self, block: Block, contents: Mapping[bytes, bytes] | None = None, decision: bytes = b""
    ) -> None:
        """The next block, with its own decision where it has one. Raises BlockError as ``Chain.accept``, "decision"."""
        if self._candidates is None:
            if decision:
                raise BlockError(
                    "decision",
                    f"block {block.header.height} has a decision, but one key makes the blocks here",
                )
            self.chain.accept(block, contents)
            self._follow_agreement()
            return
        self._run.append((block, contents))
        if decision:
            self._candidates.take(self._run, decision)
            self._run = []
            self._follow_agreement()
        elif len(self._run) >= OPEN_MAX:
            self.finish()

    def finish(self) -> None:
        """There are no more. Raises BlockError ("decision") where the last ones are not decided."""
        if self._run:
            first = self._run[0][0].header.height
            raise BlockError("decision", f"block {first} and those after it are not decided")
