"""What a light client reads of strangers: headers with decisions, forks, electorates; and its own file."""

from __future__ import annotations

from functools import cache
from typing import Any

from focusmesh.errors import BlockError, ProofError
from focusmesh.kernel.block import SignedHeader, read_validator_set, validator_set_bytes
from focusmesh.kernel.block.report import FocusReport
from focusmesh.kernel.light import Fork, LightChain, Trusted
from focusmesh.protocol.codec import decode, encode
from tests.fuzz.target import Structure, Target
from tests.kernel.light.chains import FakeChain, validators_bytes
from tests.kernel.light.changing import ChangingChain, Epoch, changing_parameters

EPOCHS = ({0: 1, 1: 1, 2: 1, 3: 1}, {1: 5, 2: 4})
HEIGHT = 3


@cache
def _chain() -> FakeChain:
    return FakeChain(EPOCHS)


@cache
def _changing() -> ChangingChain:
    return ChangingChain(
        (
            Epoch(2, changing_parameters()),
            Epoch(2, changing_parameters(bond_least=1, epoch_blocks=9)),
        )
    )


def check(data: bytes) -> bool:
    read = [_header(data), _changed(data), _trusted(data), _fork(data), _validator_set(data)]
    return any([*read, _report(data)])


def _header(data: bytes) -> bool:
    """A header is taken where it is the chain's own: nobody else has votes for another."""
    chain = _chain()
    try:
        signed = SignedHeader.decode(data)
        client = chain.client(HEIGHT - 1)
        final = client.take([signed], chain.now(HEIGHT))
    except (BlockError, ProofError):
        return False
    assert [each.id for each in final] in ([], [chain.headers[HEIGHT].id])
    return bool(final)


def _changed(data: bytes) -> bool:
    """The same of a header with which parameters change, by their proof."""
    chain = _changing()
    at = chain.begun[1] + 1
    try:
        signed = SignedHeader.decode(data)
        client = chain.client(at - 1)
        final = client.take([signed], chain.now(at))
    except (BlockError, ProofError):
        return False
    assert [each.id for each in final] in ([], [chain.headers[at].id])
    assert not final or client.parameters == chain.epochs[1].params
    return bool(final)


def _report(data: bytes) -> bool:
    try:
        report = FocusReport.decode(data)
    except BlockError:
        return False
    assert report.encode() == data
    return True


def _trusted(data: bytes) -> bool:
    try:
        trusted = Trusted.decode(data)
    except (BlockError, ProofError):
        return False
    assert Trusted.decode(trusted.encode()) == trusted
    LightChain(trusted)
    return True


def _fork(data: bytes) -> bool:
    try:
        fork = Fork.decode(data)
        fork.verify(_chain().client().rules, _chain().headers[0].network)
    except (BlockError, ProofError):
        return False
    assert fork.encode() == data
    return True


def _validator_set(data: bytes) -> bool:
    try:
        validator_set = read_validator_set(data)
    except ProofError:
        return False
    assert validator_set_bytes(validator_set) == data
    return True


def seeds() -> list[bytes]:
    chain, twin = _chain(), FakeChain(EPOCHS, branch=b"twin", branches_at=HEIGHT)
    client = chain.client(HEIGHT - 1)
    client.take(chain.signed[HEIGHT : HEIGHT + 1], chain.now(HEIGHT))
    return [
        chain.signed[HEIGHT].encode(),
        chain.trusted(HEIGHT).encode(),
        client.prove_fork(twin.signed[HEIGHT : HEIGHT + 1]).encode(),
        validators_bytes(EPOCHS[1]),
        _changing().signed[_changing().begun[1] + 1].encode(),
        FocusReport(
            height=7, block=bytes(32), base=0, depth=1, weights=((), (-3,)), rises=(9, 4)
        ).encode(),
    ]


def _read(data: bytes) -> Any:
    return decode(data)


TARGET = Target(check, seeds, Structure(_read, encode))
