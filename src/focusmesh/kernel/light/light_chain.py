"""A chain as a light client sees it: its last final header, and which headers may follow it.

In ``quorum`` networks a header is final with a decision of the validators of its epoch, and so is all that it follows;
in ``solo`` ones with the signature of a key that may propose. A block by which a key hands over to validators is final
with their first decision behind it. Whether blocks were carried out rightly no header says:
validators did it, and a proof of fraud takes a block back here (``refuse``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from focusmesh.errors import BlockError, ProofError
from focusmesh.ids import digest
from focusmesh.kernel.block import (
    VERSION_CHANGING,
    Header,
    HeaderPosition,
    read_validator_set,
)
from focusmesh.kernel.consensus import Anchor, Decision, Follower
from focusmesh.kernel.light.fork import Fork
from focusmesh.kernel.light.handover import hands_over, no_maker
from focusmesh.kernel.light.rules import LightRules
from focusmesh.kernel.light.solo import check_signed, proposers_bytes, proposers_of
from focusmesh.kernel.light.validator_sets import read_proposers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.kernel.block import SignedHeader
    from focusmesh.kernel.consensus import ValidatorSet
    from focusmesh.kernel.light.handover import StrayBlock
    from focusmesh.kernel.light.trusted import Trusted
    from focusmesh.kernel.state import Parameters

NO_TRACE = bytes(32)
HEADERS_TOGETHER_MAX = 512
"""Headers that are looked at in one piece; a decision has to come before so many are past."""


class LightChain:
    """Goes on from ``trusted``, which is kept up to date. ``now`` is this machine's clock, in ms since 1970."""

    def __init__(self, trusted: Trusted) -> None:
        """Raises ProofError as ``Trusted.verify``."""
        trusted.verify()
        self.trusted = trusted
        self._position = HeaderPosition.of(trusted.read_header(), trusted.parameters)
        self.rules = LightRules.of(self.parameters, trusted.trusting)

    @property
    def header(self) -> Header:
        """The last final block's."""
        return self._position.header

    @property
    def parameters(self) -> Parameters:
        """Those that hold for the last final block."""
        return self._position.parameters

    @property
    def epoch(self) -> int:
        """The epoch whose validators decide the next block; 0 where there are none."""
        return self._position.next_epoch if self.rules.has_decisions else 0

    @property
    def is_epoch_over(self) -> bool:
        """Whether the last final block was the last of its epoch, so that other rules and validators can follow."""
        return self._position.is_last_of_epoch

    @property
    def epoch_blocks_left(self) -> int:
        """So many blocks at most are to come until the epoch of the next one is over."""
        blocks, header = self.rules.epoch_blocks, self.header
        is_counted = header.version < VERSION_CHANGING
        return self.epoch * blocks - header.height if is_counted else blocks

    def validators(self) -> tuple[bytes, ...]:
        """The keys that make the next block final; none where it is yet to be shown who does."""
        known = self.trusted.voters
        if not known:
            return ()
        is_voted = digest(known) != self.header.validators_hash
        return tuple(read_validator_set(known).weights) if is_voted else read_proposers(known)

    def check_age(self, now: int) -> None:
        """Raises ProofError where this trust cannot be gone on from: "stale", "clock"; "fraud", "fork" (proved)."""
        if self.trusted.fork:
            liars = "over a third of the validators" if self.rules.has_decisions else "the key"
            raise ProofError(
                "fork",
                f"two final blocks were shown at height {self.header.height}: {liars} lied. "
                "Ask people which one is theirs, and begin again with its id",
            )
        if self.trusted.is_behind:
            raise ProofError(
                "fraud",
                f"block {self.trusted.refused.hex()}, which was taken as final here, is proved to be wrong: "
                "most validators lied. Begin again with the id of a block before it, or of another "
                "chain, of somebody you trust",
            )
        self._check_refused(self.header)
        if self.rules.has_decisions:
            self.rules.terms.check_age(self.header.time, now)

    def take(self, headers: Sequence[SignedHeader], now: int) -> list[Header]:
        """Takes the headers that follow the last final one, as far as decisions go; those are final now.

        Raises BlockError, ProofError: "fraud", "stale", "clock", "network", "height", "parent", "time", "params-hash",
        "version", "epoch", "engine";
        "gap" for a last block of an epoch without decision; "electorate"; "decision", "certificate", "quorum" as
        ``Decision.verify``; "proposer", "proof", "rotation" (solo). What was final before the refusal stays taken.
        """
        self.check_age(now)
        if len(headers) > HEADERS_TOGETHER_MAX:
            raise ProofError(
                "gap",
                f"{len(headers)} headers came at once; at most {HEADERS_TOGETHER_MAX} are checked",
            )
        final: list[Header] = []
        run: list[HeaderPosition] = []
        rotation = b""
        for signed in headers:
            before = run[-1] if run else self._position
            position = self._following(signed, before, now)
            if position.parameters.agreement is None:
                self._check_maker_follows(position, run)
                if self._take_signed(signed, position):
                    final.append(position.header)
                else:
                    run = [position]
                continue
            is_first = not run or run[-1].parameters.agreement is None
            rotation = signed.rotation if is_first else rotation
            run.append(position)
            if signed.decision:
                self._decide_run(run, signed.decision, rotation, now)
                final, run = final + [each.header for each in run], []
            elif position.is_last_of_epoch:
                raise ProofError(
                    "gap",
                    f"block {run[-1].header.height} ends its epoch, so it needs a decision of its own",
                )
        return final

    def jump(
        self, signed: SignedHeader, now: int, validators: bytes = b"", parameters: bytes = b""
    ) -> Header:
        """Takes a later header of this epoch for final without those in between.

        ``validators`` and ``parameters``: what the first header of this epoch shows, where that is not taken yet and
        they are others than of the block before. Raises as ``take``.
        """
        self.check_age(now)
        header = self._read(signed, now)
        if header.height <= self.header.height or header.time < self.header.time:
            raise ProofError("epoch", f"block {header.height} is not after {self.header.height}")
        if self.rules.has_decisions:
            self._check_epoch(header)
            position = self._position.follow(header, parameters)
            if position.parameters.agreement is None:
                raise ProofError("gap", "keys make the blocks from here on: show every header")
            self._decide(position, signed.decision, validators, now)
            return header
        own = self.header
        if (own.validators_hash, own.params_hash) != (header.validators_hash, header.params_hash):
            raise ProofError("gap", "the proposers or rules changed since then: show every header")
        position = self._position.skip(header)
        self._accept_signed(position, signed.proof, self.trusted.voters)
        return header

    def past(self, headers: Sequence[SignedHeader], until: Header | None = None) -> Header:
        """The first of ``headers``, final because each is followed by the next, and the last is or is followed by
        ``until``: the last final block, or one that this was said of before.

        Raises BlockError, ProofError ("parent" where they do not lead there).
        """
        last = self.header if until is None else until
        found = [self._header_of(signed) for signed in headers]
        if not found:
            raise ProofError("parent", "no header was shown")
        for before, after in zip(found, [*found[1:], last], strict=True):
            if before.id != last.id and after.parent != before.id:
                raise ProofError(
                    "parent",
                    f"block {after.height} does not follow block {before.height}, which is the one before it here",
                )
        return found[0]

    def prove_fork(self, headers: Sequence[SignedHeader]) -> Fork:
        """Proof that the headers, from our last height up to a decided one, make another block final there.

        It is kept, and nothing more is taken here. Raises BlockError, ProofError where they do not: whoever showed them
        is wrong, and nobody else.
        """
        deciders = self.trusted.deciders or self.trusted.voters
        ours = msgspec.structs.replace(
            headers[0], header=self.trusted.header, decision=self.trusted.decision
        )
        fork = Fork(deciders, (ours.encode(),), tuple(each.encode() for each in headers))
        fork.verify(self.rules, self.header.network)
        self.trusted = msgspec.structs.replace(self.trusted, fork=fork.encode())
        return fork

    def refuse_key(self, proof: StrayBlock) -> None:
        """Nothing more is taken here: ``proof`` shows that the key which makes the blocks signed two chains.

        Raises ProofError ("fork"), BlockError where it does not.
        """
        proof.verify(self.header.network)
        self.trusted = msgspec.structs.replace(self.trusted, fork=proof.encode())

    def refuse(self, header_id: bytes, proof: bytes, *, is_behind: bool = False) -> None:
        """Takes no block with this id, nor any after it: ``proof``, which was verified, shows that it is wrong.

        ``is_behind``: the last final one is, or follows, that block; so nothing more is taken.
        """
        behind = is_behind or header_id == self.header.id
        self.trusted = msgspec.structs.replace(
            self.trusted, refused=header_id, proof=proof, is_behind=behind
        )

    def _read(self, signed: SignedHeader, now: int) -> Header:
        header = self._header_of(signed)
        self._check_refused(header)
        self.rules.terms.check_clock(header.time, now)
        return header

    def _header_of(self, signed: SignedHeader) -> Header:
        header = Header.decode(signed.header)
        at = f"block {header.height}"
        if header.network != self.header.network:
            raise BlockError(
                "network",
                f"{at} is of network {header.network.hex()[:16]}, not of the one that is followed",
            )
        is_same = header.params_hash == self.header.params_hash
        is_changing = VERSION_CHANGING in (header.version, self.header.version)
        if not is_same and not is_changing:
            raise BlockError(
                "params-hash", f"{at} names other parameters than those of its network"
            )
        focus = header.focus_certificate
        has_trace = header.version >= VERSION_CHANGING or (is_same and self.parameters.has_trace)
        if has_trace and focus is not None and focus.trace_root == NO_TRACE:
            raise ProofError(
                "trace", f"{at} commits to no trace, so a wrong focus in it could not be proved"
            )
        return header

    def _check_refused(self, header: Header) -> None:
        refused = self.trusted.refused
        if refused and refused in {header.id, header.parent}:
            raise ProofError(
                "fraud",
                f"block {header.height} is refused: a proof shows that {refused.hex()[:16]} is wrong",
            )

    def _following(self, signed: SignedHeader, before: HeaderPosition, now: int) -> HeaderPosition:
        header = self._read(signed, now)
        at = f"block {header.height}"
        if header.height != before.header.height + 1:
            raise BlockError("height", f"{at} cannot follow block {before.header.height}")
        if header.parent != before.header.id:
            raise BlockError(
                "parent",
                f"{at} follows {header.parent.hex()[:16]}, not {before.header.id.hex()[:16]}",
            )
        if header.time < before.header.time:
            raise BlockError("time", f"{at} is earlier than the block before it")
        return before.follow(header, signed.parameters)

    def _check_epoch(self, header: Header) -> None:
        """Raises ProofError ("gap") for a header of a later epoch than that whose validators decide the next block."""
        epoch = self._position.next_epoch
        if self.rules.epoch_of(header) > epoch:
            raise ProofError(
                "gap",
                f"block {header.height} is of another epoch than {epoch}, whose validators are known: the last "
                "block of that comes first",
            )

    def _decide_run(
        self, run: Sequence[HeaderPosition], decided: bytes, rotation: bytes, now: int
    ) -> None:
        """A decision for the last of a run, which may begin with the block that a key handed over by."""
        before = self.trusted, self._position, self.rules
        if run[0].parameters.agreement is None:
            self._accept(run[0], 0, voters=b"", deciders=b"", decision=b"")
        try:
            self._decide(run[-1], decided, rotation, now)
        except (BlockError, ProofError):
            self.trusted, self._position, self.rules = before
            raise

    def _decide(self, position: HeaderPosition, decided: bytes, rotation: bytes, now: int) -> None:
        header = position.header
        self._check_epoch(header)
        validators, validator_set = self._validator_set(rotation)
        trusting = self._trusting_in(position)
        follower = Follower(
            header.network,
            validator_set,
            Anchor(self.header.height, self.header.id),
            self.header.time,
            epoch=self._position.next_epoch,
            terms=LightRules.of(position.parameters, trusting).terms,
        )
        decision = Decision.from_bytes(decided)
        if (decision.proposal.height, decision.proposal.subject) != (header.height, header.id):
            raise ProofError(
                "decision", f"the decision shown with block {header.height} is for another block"
            )
        follower.follow(decision, header.time, now, header.engine)
        stay = header.validators_hash == validator_set.digest()
        if not stay and not position.is_last_of_epoch:
            raise ProofError(
                "electorate", f"block {header.height} names other validators within an epoch"
            )
        after, deciders = (validators, b"") if stay else (b"", validators)
        self._accept(position, trusting, voters=after, deciders=deciders, decision=decided)

    def _trusting_in(self, position: HeaderPosition) -> int:
        """For how long validators are relied on, in ms: the smaller of what old and new rules say; 0 for as the new.

        Who votes in the first epoch of new rules took stake back by the old ones, or will by the new: both are held to.
        """
        if position.data == self._position.data:
            return self.trusted.trusting if position.epoch == self._position.epoch else 0
        if self.parameters.agreement is None:
            return 0
        old = self.parameters.agreement.trusting_ms
        return old if old < position.parameters.required_agreement.trusting_ms else 0

    def _validator_set(self, rotation: bytes) -> tuple[bytes, ValidatorSet]:
        validators = self.trusted.voters or rotation
        if not validators:
            raise ProofError(
                "electorate",
                f"other validators begin after block {self.header.height}: they must be shown",
            )
        validator_set = read_validator_set(validators)
        if validator_set.digest() != self.header.validators_hash:
            raise ProofError(
                "electorate",
                f"block {self.header.height} commits to {self.header.validators_hash.hex()[:16]}…, not to these",
            )
        return validators, validator_set

    def _check_maker_follows(self, position: HeaderPosition, run: Sequence[HeaderPosition]) -> None:
        """Raises BlockError, ProofError for a header of a key behind one of validators that is open, or names them."""
        header = position.header
        if run and run[-1].parameters.agreement is not None:
            at = run[-1].header.height
            raise ProofError("gap", f"block {at} ends its epoch, so it needs a decision of its own")
        if run:
            raise no_maker(run[-1].header, header)
        if not self.rules.has_decisions and hands_over(self.header, self.trusted.voters):
            raise no_maker(self.header, header)

    def _take_signed(self, signed: SignedHeader, position: HeaderPosition) -> bool:
        """Takes a header of a key; False for one that hands over, which is final with a decision behind it alone."""
        header, validators = position.header, self.trusted.voters
        if signed.rotation:
            root = self.header.state_root
            validators = proposers_bytes(signed.rotation, root, position.parameters)
        if self.rules.has_decisions:
            # Validators name the keys that they give the blocks to, as they name those who vote next.
            proposers_of(self.header, validators)
        if hands_over(header, validators):
            check_signed(header, signed.proof, read_proposers(validators))
            return False
        self._accept_signed(position, signed.proof, validators)
        return True

    def _accept_signed(self, position: HeaderPosition, proof: bytes, validators: bytes) -> None:
        check_signed(position.header, proof, proposers_of(position.header, validators))
        self._accept(position, 0, voters=validators, deciders=b"", decision=b"")

    def _accept(self, position: HeaderPosition, trusting: int, **changed: bytes) -> None:
        self.trusted = msgspec.structs.replace(
            self.trusted,
            header=position.header.encode(),
            parameters=position.data,
            trusting=trusting,
            **changed,
        )
        self._position = position
        self.rules = LightRules.of(position.parameters, trusting)
