"""One admission: what no node takes is refused with the reason, and each rule is one that would be missed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from focusmesh.errors import ParameterError, SignalError
from focusmesh.ids import digest
from focusmesh.kernel.admission import (
    LIMITS,
    AdmissionLimits,
    Request,
    Waiting,
    account_check,
    admission,
    admit,
    check_room,
    examine,
    horizon_blocks,
    pace_ms,
)
from focusmesh.kernel.block.chain.stored_chain import KeptChain
from focusmesh.kernel.node.admission import SignalAdmission
from focusmesh.kernel.node.executors import AtOnce
from focusmesh.kernel.node.mempool import Mempool, MempoolLimits, NoUsers
from focusmesh.protocol.packet import Packet
from focusmesh.protocol.world import SameProcess
from tests.kernel.block.ledger import BALANCE, KEYS, PROPOSER, Ledger, particle

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from focusmesh.kernel.block import Header
    from focusmesh.protocol.signal import SignedSignal

ANN, BOB = KEYS[1], KEYS[2]
LINK = ["link/1", particle("a"), particle("b"), b"", 10]


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


def code_of(ledger: Ledger, packet: Packet) -> str:
    try:
        admit(ledger.chain, packet)
    except SignalError as error:
        return error.code
    return "admitted"


def signed(ledger: Ledger, **head: Any) -> SignedSignal:
    return ledger.signed(ANN, LINK, **({"nonce": 0, "expires_height": 200} | head))


def test_what_the_chain_speaks_for_is_admitted(ledger: Ledger) -> None:
    candidate = admit(ledger.chain, Packet(signed(ledger).wire))
    assert (candidate.account.nonce, candidate.height) == (0, 0)
    assert candidate.signed.signal.neuron == ANN.public


@pytest.mark.parametrize(
    ("head", "code"),
    [
        ({"nonce": LIMITS.nonces_ahead - 1}, "admitted"),
        ({"nonce": LIMITS.nonces_ahead}, "nonce"),
        ({"tip": BALANCE}, "admitted"),
        ({"tip": BALANCE + 1}, "tip"),
        ({"expires_height": 0}, "expired"),
        ({"expires_height": LIMITS.horizon_blocks}, "admitted"),
        ({"expires_height": LIMITS.horizon_blocks + 1}, "horizon"),
        ({"network": bytes(32)}, "network"),
        ({"operations": [["nothing/1"]]}, "operation"),
        ({"operations": [["link/1", particle("a")]]}, "malformed"),
        ({"operations": [["put_blob/1", digest(b"text"), 4]]}, "content"),
    ],
)
def test_each_rule_has_its_code(ledger: Ledger, head: dict[str, Any], code: str) -> None:
    assert code_of(ledger, Packet(signed(ledger, **head).wire)) == code


def test_a_forged_signature_and_a_stranger_are_refused(ledger: Ledger) -> None:
    wire = signed(ledger).wire
    assert code_of(ledger, Packet(bytes(64) + wire[64:])) == "signature"
    stranger = type(ANN).generate(b"\x77" * 32)
    ledger.nonces[stranger] = 0
    packet = Packet(ledger.signed(stranger, LINK, expires_height=9).wire)
    assert code_of(ledger, packet) == "account"


def test_contents_are_those_that_are_claimed(ledger: Ledger) -> None:
    operations = [["put_blob/1", digest(b"text"), 4]]
    wire = signed(ledger, operations=operations).wire
    assert code_of(ledger, Packet(wire, (b"text",))) == "admitted"
    assert code_of(ledger, Packet(wire, (b"text", b"more"))) == "content"


BLOB = [["put_blob/1", digest(b"text"), 4]]


def test_contents_that_are_absent_are_named_and_come_later(ledger: Ledger) -> None:
    candidate = examine(ledger.chain, Packet(signed(ledger, operations=BLOB).wire))
    assert candidate.absent == {digest(b"text"): 4}
    whole = candidate.complete([b"text"])
    assert (whole.packet.contents, whole.absent) == ((b"text",), {})
    for came in ([], [b"tent"], [b"text", b"more"]):
        with pytest.raises(SignalError, match="not available now") as error:
            candidate.complete(came)
        assert error.value.code == "later"


def keeping(ledger: Ledger) -> None:
    """A block has the content."""
    blob, chain = ledger.signed(BOB, *BLOB), ledger.chain
    made = chain.propose([blob], chain.tip.time + 1, PROPOSER, {digest(b"text"): b"text"})
    assert made.results[blob.id].code == "ok"


class Peer:
    """A door that peers come to, who have the contents that they are asked for, and no others."""

    def __init__(self, ledger: Ledger, *contents: bytes) -> None:
        self.mempool = Mempool(NoUsers(), lambda: 0, MempoolLimits())
        self.asked: list[bytes] = []
        self._has = {digest(content): content for content in contents}
        fetching: Any = self
        self._door = SignalAdmission(ledger.chain, self.mempool, fetching, AtOnce(), SameProcess())

    async def contents(self, peer: bytes, wanted: Mapping[bytes, int]) -> dict[bytes, bytes]:
        self.asked.extend(wanted)
        return {name: self._has[name] for name in wanted if name in self._has}

    def code_of(self, packet: Packet) -> str:
        (error,) = asyncio.run(self._door.take(bytes(32), [packet]))
        assert self.mempool.has(packet.id) == (error is None)
        return "admitted" if error is None else error.code


HEADS: dict[str, dict[str, Any]] = {
    "good": {},
    "nonce": {"nonce": LIMITS.nonces_ahead * 2},
    "tip": {"tip": BALANCE + 1},
    "expired": {"expires_height": 0},
    "far": {"expires_height": 1 << 40},
    "network": {"network": bytes(32)},
    "operation": {"operations": [["nothing/1"]]},
    "size": {"operations": [["put_blob/1", digest(b"text"), 5]]},
}


@pytest.mark.parametrize("head", HEADS.values(), ids=list(HEADS))
@pytest.mark.parametrize("contents", [(), (b"text",), (b"more",)])
def test_peers_come_by_the_same_admission(
    ledger: Ledger, head: dict[str, Any], contents: tuple[bytes, ...]
) -> None:
    keeping(ledger)
    packet = Packet(signed(ledger, **head).wire, contents)
    assert Peer(ledger).code_of(packet) == code_of(ledger, packet)


def test_a_forged_signature_of_a_peer_is_refused_as_any_other(ledger: Ledger) -> None:
    packet = Packet(bytes(64) + signed(ledger).wire[64:])
    assert Peer(ledger).code_of(packet) == code_of(ledger, packet) == "signature"


def test_peers_are_asked_for_contents_alone_that_nobody_has_here(ledger: Ledger) -> None:
    packet = Packet(signed(ledger, operations=BLOB).wire)
    assert Peer(ledger).code_of(packet) == "later"
    having = Peer(ledger, b"text")
    assert having.code_of(packet) == "admitted"
    assert having.asked == [digest(b"text")]
    entry = having.mempool.entry(packet.id)
    assert entry is not None
    assert entry.packet.contents == (b"text",)
    keeping(ledger)
    after = Peer(ledger)
    assert after.code_of(packet) == "admitted"
    assert not after.asked


@pytest.mark.parametrize("rule", ["absent_contents", "check_standing", "read_form"])
def test_a_rule_that_goes_is_missed_at_both_doors(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, rule: str
) -> None:
    """Must fail: were there a second shape of it, one of the doors would go on."""

    def refuse(*given: Any) -> Any:
        raise SignalError("malformed", "the rule is this one now")

    packet = Packet(signed(ledger).wire)
    assert Peer(ledger).code_of(packet) == code_of(ledger, packet) == "admitted"
    monkeypatch.setattr(admission, rule, refuse)
    assert Peer(ledger).code_of(packet) == code_of(ledger, packet) == "malformed"


def test_a_horizon_that_is_too_far_says_what_to_sign(ledger: Ledger) -> None:
    ledger.block(ledger.links(BOB, ("a", "b")))
    far = Packet(signed(ledger, expires_height=1 << 40).wire)
    with pytest.raises(SignalError, match=f"from 2 to {1 + LIMITS.horizon_blocks}$"):
        admit(ledger.chain, far)


def test_without_the_horizon_a_signal_could_wait_for_ever(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account_check, "horizon_blocks", lambda chain, limits: 1 << 41)
    assert code_of(ledger, Packet(signed(ledger, expires_height=1 << 40).wire)) == "admitted"


def blocks(ledger: Ledger, steps_ms: list[int]) -> None:
    """Blocks so far apart."""
    for number, step in enumerate(steps_ms):
        signal = ledger.links(BOB, ("a", f"{number} {ledger.chain.height}"))
        ledger.chain.propose([signal], ledger.chain.tip.time + step, PROPOSER)


@pytest.mark.parametrize(
    ("step_ms", "horizon"), [(50, 1_024), (1_000, 600), (2_000, 300), (60_000, 256)]
)
def test_ten_minutes_are_as_many_blocks_as_the_chain_makes(
    ledger: Ledger, step_ms: int, horizon: int
) -> None:
    blocks(ledger, [step_ms] * 5)
    assert (pace_ms(ledger.chain), horizon_blocks(ledger.chain)) == (step_ms, horizon)


def test_an_idle_night_says_nothing_of_the_pace(ledger: Ledger) -> None:
    blocks(ledger, [50, 50, 30_000_000, 50, 50])
    assert pace_ms(ledger.chain) == 50


def test_the_pace_is_read_once_a_block_and_not_for_every_signal(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    header = KeptChain.header

    def counted(chain: KeptChain, height: int) -> Header:
        read.append(height)
        return header(chain, height)

    blocks(ledger, [1_000] * 3)
    monkeypatch.setattr(KeptChain, "header", counted)
    assert {horizon_blocks(ledger.chain) for _ in range(50)} == {600}
    assert len(read) <= ledger.chain.height
    blocks(ledger, [2_000] * 9)
    read.clear()
    assert {horizon_blocks(ledger.chain) for _ in range(50)} == {300}
    assert 0 < len(read) <= ledger.chain.height


def test_a_node_that_starts_anew_finds_the_same_horizon(ledger: Ledger) -> None:
    blocks(ledger, [700, 900, 800])
    again = ledger.twin()
    for height in range(1, ledger.chain.height + 1):
        again.chain.accept(ledger.chain.block(height))
    assert horizon_blocks(again.chain) == horizon_blocks(ledger.chain) == 600_000 // 800


FULL = {
    "neuron_signals": Waiting(signals=LIMITS.neuron_signals),
    "neuron_early": Waiting(signals=1, early=LIMITS.neuron_early),
    "neuron_bytes": Waiting(signals=1, bytes=LIMITS.neuron_bytes),
}


@pytest.mark.parametrize("name", FULL)
def test_a_neuron_has_a_quota(name: str) -> None:
    request = Request(bytes(32), 100, is_early=True)
    with pytest.raises(SignalError) as refused:
        check_room(request, FULL[name], Waiting())
    assert refused.value.code == "quota"
    check_room(request, Waiting(), Waiting())
    wide = AdmissionLimits(
        signals=1 << 20, neuron_signals=1 << 20, neuron_early=1 << 20, neuron_bytes=1 << 40
    )
    check_room(request, FULL[name], Waiting(), wide)


@pytest.mark.parametrize(
    ("everything", "is_early", "code"),
    [
        (Waiting(signals=LIMITS.signals), False, "full"),
        (Waiting(bytes=LIMITS.bytes), False, "full"),
        (Waiting(signals=LIMITS.early, early=LIMITS.early), True, "full"),
        # Those whose turn it is have room though all that is early is taken.
        (Waiting(signals=LIMITS.early, early=LIMITS.early), False, "admitted"),
    ],
)
def test_early_signals_keep_out_nobody_whose_turn_it_is(
    everything: Waiting, is_early: bool, code: str
) -> None:
    found = refusal(lambda: check_room(Request(bytes(32), 100, is_early), Waiting(), everything))
    assert found == code


def test_tips_of_what_waits_are_counted_together() -> None:
    request = Request(bytes(32), 100, tip=6, balance=10)
    assert refusal(lambda: check_room(request, Waiting(signals=1, tips=4), Waiting())) == "admitted"
    assert refusal(lambda: check_room(request, Waiting(signals=1, tips=5), Waiting())) == "tip"


def refusal(call: Callable[[], object]) -> str:
    try:
        call()
    except SignalError as error:
        return error.code
    return "admitted"


@pytest.mark.parametrize(
    "wrong", [{"neuron_early": 0}, {"early": 0}, {"horizon_blocks_min": 2_000}, {"nonces_ahead": 0}]
)
def test_limits_that_cannot_be_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ParameterError):
        AdmissionLimits(**wrong)
