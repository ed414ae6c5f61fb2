"""What a light client takes for a block: header, decision, validators that change, samples; beside the block itself.

Blocks of 100 signals of a link each, decided by votes that are signed here; another validator's bond grows in every
epoch, so that each has other validators than the one before.
"""

from __future__ import annotations

import time
from hashlib import sha256
from random import Random
from statistics import mean
from typing import TYPE_CHECKING, Any

import msgspec

from benchmarks.harness import Result, Row, Target
from focusmesh.host.service import SharedShare
from focusmesh.host.storage.ledger_folder import operations
from focusmesh.kernel.availability import places_of
from focusmesh.kernel.block import Candidates, Chain, Genesis, Grant, read_signed_headers, square_of
from focusmesh.kernel.consensus import Ballot, Certificate, Decision, Proposal, Vote, end_slot
from focusmesh.kernel.light import LightChain, Trusted
from focusmesh.kernel.state import Agreement, Bonded, MemoryStore, Parameters
from focusmesh.protocol.codec import encode
from focusmesh.protocol.identity import SigningKey
from focusmesh.protocol.signal import Signal, parse, sign

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.kernel.availability import Square
    from focusmesh.kernel.block import Block, SignedHeader
    from focusmesh.protocol.signal import SignedSignal

_BEGIN, _STEP = 1_800_000_000_000, 1_000
_EPOCH = 10
_SIGNALS = 100
_SAMPLES = 16
_BYTES_MAX = 2_048
"""Of header and decision with four validators: a phone that follows a block a second takes less than 200 MB a day."""


def measure(quick: bool) -> Result:
    """Networks of 4, 25 and 100 validators with the same bonds; three epochs of ten blocks."""
    result = Result("light")
    voted = [_Voted(count, 1 if quick else 3) for count in ((4,) if quick else (4, 25, 100))]
    rows = [_bytes(each) for each in voted]
    result.add(
        "Bytes a block that a light client takes, on average, in their canonical form; the block itself beside them",
        rows,
    )
    result.add(
        "The same to be told by a server in JSON, and what checking a block takes",
        [_costs(each) for each in voted],
    )
    result.add(
        "A hundred epochs of 1,000 blocks later, by jumps: bytes in all",
        [_jumps(each) for each in voted],
    )
    told = rows[0]["header"], rows[0]["decision"]
    both = sum(part for part in told if isinstance(part, (int, float)))
    result.targets.append(
        Target("header and decision of a block, 4 voters", _BYTES_MAX, both, "bytes")
    )
    return result


class _Voted:
    """A chain of decided blocks, as it travels."""

    def __init__(self, count: int, epochs: int) -> None:
        found = (SigningKey(sha256(b"%d" % number).digest()) for number in range(count))
        self.keys = sorted(found, key=lambda key: key.public)
        self.users = [SigningKey(sha256(b"user %d" % at).digest()) for at in range(_SIGNALS)]
        bonded = tuple(Bonded(key.public, 1_000) for key in self.keys)
        agreement = Agreement(epoch_blocks=_EPOCH, voters=bonded)
        grants = [Grant(key.public, 10**6, 10**9) for key in (*self.keys, *self.users)]
        genesis = Genesis(
            name="light",
            time=_BEGIN,
            parameters=Parameters(version=4, agreement=agreement),
            grants=tuple(sorted(grants, key=lambda grant: grant.neuron)),
            operations=operations().digest,
        )
        store = MemoryStore()
        Chain.create(store, genesis, operations())
        self.candidates = Candidates(store, operations())
        self.blocks: list[Block] = []
        self.squares: list[Square] = []
        for height in range(1, epochs * _EPOCH + 1):
            self._grow(height)
        self.signed: Sequence[SignedHeader] = read_signed_headers(self.chain, 0, self.chain.height)

    @property
    def chain(self) -> Chain:
        """What is decided."""
        return self.candidates.decided

    def begun(self) -> LightChain:
        """A light client at the genesis."""
        validators = encode([[key.public, 1_000] for key in self.keys])
        parameters = encode(self.chain.parameters.as_fields())
        return LightChain(Trusted.beginning(self.chain.header(0), parameters, validators))

    def _grow(self, height: int) -> None:
        signals = [
            self._signal(user, height - 1, _link(at, height)) for at, user in enumerate(self.users)
        ]
        if height % _EPOCH == 0:
            turn = height // _EPOCH - 1
            signals.append(
                self._signal(
                    self.keys[turn % len(self.keys)], turn // len(self.keys), ["bond/1", 100]
                )
            )
        made = self.candidates.make(
            self.chain.tip.id, signals, _BEGIN + height * _STEP, self.keys[0]
        )
        assert made.block is not None
        self.candidates.decide(made.block.id, self._decision(made.block))
        self.blocks.append(made.block)
        self.squares.append(square_of(made.block.body))

    def _signal(self, key: SigningKey, nonce: int, operation: list[Any]) -> SignedSignal:
        fields: dict[str, Any] = {
            "network": self.chain.network,
            "neuron": key.public,
            "nonce": nonce,
        }
        return parse(
            sign(Signal(**fields, expires_height=10**6, operations=(tuple(operation),)), key)
        )

    def _decision(self, block: Block) -> bytes:
        """As few votes as make a quorum, as validators keep them."""
        validator_set, header = self.chain.validator_set, block.header
        assert validator_set is not None
        nothing = bytes(32)
        proposal = Proposal(
            self.chain.epoch, header.height, header.height, nothing, header.id, nothing
        )
        slot = end_slot(header.network, proposal.epoch, proposal.round)
        ballot = Ballot(slot, proposal.digest(header.network))
        signers: list[SigningKey] = []
        while validator_set.weight_of(key.public for key in signers) < validator_set.quorum:
            signers.append(self.keys[len(signers)])
        votes = (Vote.sign(ballot, key) for key in signers)
        return Decision(
            proposal, Certificate(ballot, tuple((v.signer, v.signature) for v in votes))
        ).to_bytes()


def _link(at: int, height: int) -> list[Any]:
    source, target = (
        sha256(b"%d %d" % (at % 50, number)).digest() for number in (height % 7, at % 11 + 20)
    )
    return ["link/1", source, target, b"", 5]


def _bytes(voted: _Voted) -> Row:
    signed = voted.signed[1:]
    roots = [sum(map(len, (*square.roots.rows, *square.roots.columns))) for square in voted.squares]
    changes = sum(len(each.rotation) for each in signed)
    return {
        "voters": len(voted.keys),
        "signatures": len(Decision.from_bytes(signed[0].decision).certificate.signers),
        "header": round(mean(len(each.header) for each in signed)),
        "decision": round(mean(len(each.decision) for each in signed)),
        "voters_that_changed": round(changes / max(1, sum(bool(each.rotation) for each in signed))),
        "roots": round(mean(roots)),
        "samples": round(mean(_sampled_bytes(square) for square in voted.squares)),
        "block": round(mean(len(block.body) for block in voted.blocks)),
        "k": max(square.width for square in voted.squares),
    }


def _places(square: Square) -> tuple[tuple[int, int], ...]:
    return places_of(square.width, Random(square.width).randbytes, _SAMPLES)


def _sampled_bytes(square: Square) -> int:
    proved = [square.prove(*place, "row") for place in _places(square)]
    return sum(len(each.share) + sum(map(len, each.proof.nodes)) for each in proved)


def _sampled_json(square: Square) -> int:
    total = 0
    for row, column in _places(square):
        each = square.prove(row, column, "row")
        nodes = [node.hex() for node in each.proof.nodes]
        told = SharedShare(
            height=1,
            row=row,
            column=column,
            axis="row",
            share=each.share.hex(),
            start=each.proof.start,
            stop=each.proof.stop,
            nodes=nodes,
        )
        total += len(msgspec.json.encode(told))
    return total


def _costs(voted: _Voted) -> Row:
    signed, light = voted.signed[1:], voted.begun()
    began = time.process_time()
    light.take(signed, _BEGIN + len(signed) * _STEP)
    took = time.process_time() - began
    fields = [
        {
            name: value.hex()
            for name, value in zip(
                each.__struct_fields__, msgspec.structs.astuple(each), strict=True
            )
        }
        for each in signed
    ]
    return {
        "voters": len(voted.keys),
        "headers_with_decisions_json": round(len(msgspec.json.encode(fields)) / len(signed)),
        "samples_json": round(mean(_sampled_json(square) for square in voted.squares)),
        "check_cpu_ms": 1_000 * took / len(signed),
    }


def _jumps(voted: _Voted) -> Row:
    """One header with its decision for each epoch, and its validators, which are others each time."""
    last = voted.signed[_EPOCH]
    validators = len(encode([[key.public, 1_000] for key in voted.keys]))
    each = len(last.header) + len(last.decision)
    return {
        "voters": len(voted.keys),
        "same_voters": 100 * each,
        "other_voters_each_time": 100 * (each + validators),
        "every_header": 100_000 * each,
    }
