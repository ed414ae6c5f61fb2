"""The client: asks its sources in turn, checks what they say, samples each block, keeps what is final."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from focusmesh.errors import BlockError, FileError, FocusmeshError, ProofError
from focusmesh.host.light.frauds import FraudWatch
from focusmesh.host.light.header_search import (
    is_of_epoch,
    is_readable,
    last_height,
    only_header,
    readable_headers,
)
from focusmesh.host.light.sampling import SampledBlock, sampled_of
from focusmesh.host.light.stray_blocks import stray_block
from focusmesh.host.light.trust_file import LightState, read_state, write_state
from focusmesh.host.service import NotThereError
from focusmesh.kernel.block import VERSION_CHANGING, Header
from focusmesh.kernel.light import HEADERS_TOGETHER_MAX, LightChain
from focusmesh.kernel.state import SOLO

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from focusmesh.host.light.frauds import FoundFraud
    from focusmesh.host.light.share_sources import Source
    from focusmesh.kernel.block import SignedHeader
    from focusmesh.kernel.light import Fork
    from focusmesh.kernel.receipts import Receipt, VerifiedReceipt

_REFUSALS = (FileError, NotThereError, ProofError, BlockError)
_OWN = frozenset(("stale", "fork", "fraud", "agreement", "unavailable"))
"""Codes of refusals that no other source can change."""
_AT_ONCE = 64
"""So many headers are taken one by one; what is further ahead is jumped to, epoch by epoch."""
_PORTION = 256


@dataclass
class LightStep:
    """What one look brought: headers that are final now, in order, and the samples of those that were sampled.

    ``jumped`` is over how many blocks it went without taking them; ``refused`` says why sources were passed over.
    """

    headers: list[Header] = field(default_factory=list)
    sampled: list[SampledBlock] = field(default_factory=list)
    jumped: int = 0
    refused: list[str] = field(default_factory=list)


class LightClient:
    """Follows a network from what ``path`` says that is trusted. Not safe between threads.

    ``samples`` shares of each block that it takes are asked for, at places that ``rng`` draws; 0 for none.
    """

    def __init__(
        self,
        path: Path,
        sources: Sequence[Source],
        *,
        samples: int = 16,
        rng: Callable[[int], bytes],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Raises FileError, DamagedFileError as ``read_state``, ProofError for networks without certificates."""
        self._path = path
        self._state = read_state(path)
        self._sources = list(sources)
        self._samples = samples
        self._rng = rng
        self._clock = clock
        self._frauds = FraudWatch(self._sources)
        self.chain = LightChain(self._state.trusted)

    @property
    def header(self) -> Header:
        """The last final block's."""
        return self.chain.header

    def step(self, *, jumps: bool = True) -> LightStep:
        """Looks once, as far as the sources are. ``jumps``: what is far ahead is jumped to.

        Raises ProofError: "stale", "clock", "fork" (two final blocks: the proof is kept), "fraud", "unavailable"
        (nothing of that block is taken); what the last source was refused with where none brings anything.
        """
        self.chain.check_age(self._now())
        self._refuse(self._frauds.found(self.chain))
        step, refusal = LightStep(), None
        for source in self._sources:
            try:
                self._advance(source, step, jumps=jumps)
            except _REFUSALS as error:
                if isinstance(error, ProofError) and error.code in _OWN:
                    raise
                refusal = error
                step.refused.append(str(error))
                if isinstance(error, (BlockError, ProofError)):
                    self._look_for_fork(source)
        if refusal is not None and not step.headers and len(step.refused) == len(self._sources):
            raise refusal
        self._compare()
        return step

    def verify(self, receipt: Receipt) -> VerifiedReceipt:
        """Holds a receipt against the header of its block, once that is final here.

        Raises ProofError as ``verify_receipt``, "height" for a block that is not final yet; as ``step``.
        """
        from focusmesh.kernel.receipts import verify_receipt

        while self.header.height < receipt.height:
            if not self.step().headers:
                raise ProofError(
                    "height",
                    f"block {receipt.height} is not final: the last final one is {self.header.height}",
                )
        return verify_receipt(receipt, self.past(receipt.height))

    def past(self, height: int) -> Header:
        """The header of a final block. O(blocks since): each is followed by the next up to the last one.

        Raises what the last source's answer is refused with.
        """
        if height == self.header.height:
            return self.header
        refusal: FocusmeshError = ProofError("source", "no source was named: name at least one")
        for source in self._sources:
            try:
                return self._led_to(source, height)
            except _REFUSALS as error:
                refusal = error
        raise refusal

    def _led_to(self, source: Source, height: int) -> Header:
        known = self.header
        while known.height > height:
            first = max(height, known.height - _PORTION)
            headers = source.headers(first, known.height - 1)
            known = self.chain.past(headers, known)
            if known.height != first:
                raise ProofError(
                    "parent", f"the source sent block {known.height} instead of block {first}"
                )
        return known

    def _now(self) -> int:
        return int(self._clock() * 1_000)

    def _advance(self, source: Source, step: LightStep, *, jumps: bool) -> None:
        tip = source.tip()
        while self.header.height < tip:
            if jumps and tip - self.header.height > _AT_ONCE:
                jumps = self._jump(source, tip, step)
            elif not self._take(source, tip, step):
                return

    def _jump(self, source: Source, tip: int, step: LightStep) -> bool:
        """To the last block of this epoch, or to ``tip``.

        False where each header is to be looked at: others may propose since (solo networks), or one that it would go
        over is proved to be wrong, or one ahead is of a version that only a newer focusmesh reads.
        """
        chain, before = self.chain, self.header.height
        begins = chain.rules.has_decisions and chain.is_epoch_over
        first = only_header(source, before + 1) if begins else None
        if first is not None and is_readable(first) and Header.decode(first.header).engine == SOLO:
            return False
        validators = first.rotation if first and not chain.trusted.voters else b""
        end = self._epoch_end(source, first, tip) if chain.rules.has_decisions else tip
        signed = only_header(source, end)
        if not is_readable(signed):
            return False
        self._refuse(self._frauds.between(source, chain, signed))
        if chain.trusted.refused:
            return False
        try:
            proof = first.parameters if first else b""
            header = chain.jump(signed, self._now(), validators, proof)
        except ProofError as error:
            if error.code != "gap" or chain.rules.has_decisions:
                raise
            return False
        step.jumped += header.height - before - 1
        step.headers.append(header)
        self._keep()
        return True

    def _epoch_end(self, source: Source, first: SignedHeader | None, tip: int) -> int:
        """The last height up to ``tip`` of the epoch that the next block, perhaps ``first``, is of.

        Headers of version 1 are counted; later ones say their epoch, and what they say is checked with the jump.
        O(log blocks) questions.
        """
        begun = self.header if first is None else Header.decode(first.header)
        if begun.version < VERSION_CHANGING:
            return min(tip, self.header.height + self.chain.epoch_blocks_left)
        return last_height(
            self.header.height + 1,
            tip,
            lambda height: is_of_epoch(source, height, begun.epoch),
        )

    def _take(self, source: Source, tip: int, step: LightStep) -> bool:
        """The next headers; whether any is final. Samples first, so that nothing is kept whose data is hidden."""
        first = self.header.height + 1
        count = min(tip - first + 1, _AT_ONCE)
        headers = source.headers(first, first + count - 1)
        if (
            headers
            and not any(each.decision for each in headers)
            and (self.chain.rules.has_decisions or _is_voted(headers[-1]))
        ):
            headers = self._until_decided(source, headers, tip)
        headers = readable_headers(headers)
        self._refuse(self._frauds.found(self.chain, headers))
        trial = LightChain(self.chain.trusted)
        refusal: FocusmeshError | None = None
        try:
            trial.take(headers, self._now())
        except (BlockError, ProofError) as error:
            refusal = error
        taken = [Header.decode(each.header) for each in headers[: trial.header.height - first + 1]]
        found = [self._sample(source, header) for header in taken]
        self.chain = trial
        step.headers += taken
        step.sampled += [each for each in found if each is not None]
        if taken:
            self._keep()
        if refusal is not None:
            raise refusal
        return bool(taken)

    def _until_decided(
        self, source: Source, headers: list[SignedHeader], tip: int
    ) -> list[SignedHeader]:
        """With those after them, up to the first decision."""
        first = self.header.height + 1
        while len(headers) < HEADERS_TOGETHER_MAX and not headers[-1].decision:
            at = first + len(headers)
            more = source.headers(at, min(at + _AT_ONCE, tip)) if at <= tip else []
            if not more:
                break
            headers = headers + more
        return headers[:HEADERS_TOGETHER_MAX]

    def _sample(self, source: Source, header: Header) -> SampledBlock | None:
        if not self._samples or not header.height or not self.chain.parameters.has_squares:
            return None
        others = [each for each in self._sources if each is not source]
        found = sampled_of(header, [source, *others], self._samples, self._rng)
        if not found.sampled.is_available:
            row, column = found.sampled.missing[0]
            raise ProofError(
                "unavailable",
                f"block {header.height}: share ({row}, {column}) and {len(found.sampled.missing) - 1} more of "
                f"{self._samples} are at no source: the block is not accepted",
            )
        return found

    def _refuse(self, found: FoundFraud | None) -> None:
        if found is not None:
            self.chain.refuse(found.block, found.proof, is_behind=found.is_behind)
            self._keep()
            self.chain.check_age(self._now())

    def _compare(self) -> None:
        """Asks all sources for the block that is final here; another one that is final too is a fork."""
        for source in self._sources[1:]:
            self._look_for_fork(source)
            self._look_for_stray(source)

    def _look_for_stray(self, source: Source) -> None:
        """Where one key makes the blocks, whether this source and the first one have two chains of it."""
        chain = self.chain
        if chain.rules.has_decisions or not chain.parameters.can_change:
            return
        for here, other in ((self._sources[0], source), (source, self._sources[0])):
            try:
                proof = stray_block(here, other, self.header)
            except _REFUSALS:
                continue
            if proof is not None:
                chain.refuse_key(proof)
                self._keep()
                chain.check_age(self._now())

    def _look_for_fork(self, source: Source) -> None:
        if not self.chain.rules.has_decisions:
            return
        height = self.header.height
        try:
            headers = source.headers(height, height)
            if not headers or Header.decode(headers[0].header).id == self.header.id:
                return
            if not headers[0].decision:
                headers = self._from_here(source, headers)
            fork = self.chain.prove_fork(headers)
        except _REFUSALS:
            return
        self._keep()
        raise ProofError("fork", _words(fork, self.chain, height))

    def _from_here(self, source: Source, headers: list[SignedHeader]) -> list[SignedHeader]:
        while not headers[-1].decision and len(headers) < HEADERS_TOGETHER_MAX:
            at = self.header.height + len(headers)
            more = source.headers(at, at + _AT_ONCE)
            if not more:
                break
            headers = headers + more
        decided = next((at for at, each in enumerate(headers) if each.decision), len(headers) - 1)
        return headers[: decided + 1]

    def _keep(self) -> None:
        self._state = msgspec.structs.replace(self._state, trusted=self.chain.trusted)
        write_state(self._path, LightState(self._state.trusted, self._state.sources))


def _words(fork: Fork, chain: LightChain, height: int) -> str:
    one, other = (Header.decode(_header_of(run[0])).id.hex() for run in (fork.one, fork.other))
    guilty = fork.verify(chain.rules, chain.header.network)
    named = f"; {len(guilty)} validators are proved guilty by it" if guilty else ""
    return (
        f"here are two final blocks at height {height}, {one} and {other}: over a third of the validators lied{named}"
        ". The proof is kept (`focusmesh light status --fork FILE` writes it); nothing more is taken here"
    )


def _is_voted(signed: SignedHeader) -> bool:
    """Whether a header is one of validators behind the hand-over of a key."""
    return is_readable(signed) and Header.decode(signed.header).engine not in ("", SOLO)


def _header_of(signed: bytes) -> bytes:
    from focusmesh.kernel.block import SignedHeader

    return SignedHeader.decode(signed).header
