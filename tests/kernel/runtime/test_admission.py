"""What may not stand in a block, code by code; and what the nonce check is there for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.apps.bank import Stake, Transfer
from focusmesh.errors import SignalError
from focusmesh.kernel.runtime import (
    Link,
    PutBlob,
    RotateKey,
    SetProperty,
    Unlink,
    check_without_state,
)
from focusmesh.kernel.runtime import admission as admission_module
from focusmesh.kernel.state import Parameters
from tests.kernel.runtime.world import Ledger, particle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.kernel.runtime import Operation
    from focusmesh.kernel.state import Account, StateOverlay
    from focusmesh.protocol.signal import SignedSignal

ANN, BOB = particle(1), particle(2)
A, B, C = particle(10), particle(11), particle(12)
LINK = Link(A, B, b"", 5)


def ledger(**parameters: int) -> Ledger:
    return Ledger([(ANN, 100, 100), (BOB, 100, 100)], Parameters(**parameters))  # type: ignore[arg-type]


def refused(ledger: Ledger, *signals: SignedSignal) -> str:
    """The code with which a block of these is invalid; a proposal leaves the last of them out with the same code."""
    proposal = ledger.propose(*signals)
    with pytest.raises(SignalError) as caught:
        ledger.block(*signals)
    assert [(each[0].id, each[1].code) for each in proposal.refused] == [
        (signals[-1].id, caught.value.code)
    ]
    assert proposal.signals == list(signals[:-1])
    return caught.value.code


def test_what_is_right_is_admitted() -> None:
    assert ledger().codes(ledger().signal(ANN, LINK)) == ["ok"]


def test_another_network() -> None:
    signal = ledger().signal(ANN, LINK, network=particle(9))
    assert refused(ledger(), signal) == "network"


def test_expired() -> None:
    here = ledger()
    assert here.codes(here.signal(ANN, LINK, expires_height=here.height)) == ["ok"]
    assert refused(here, here.signal(ANN, LINK, expires_height=here.height - 1)) == "expired"


@pytest.mark.parametrize("nonce", [1, 2, 2**63 - 1])
def test_a_nonce_that_is_not_the_next(nonce: int) -> None:
    here = ledger()
    assert refused(here, here.signal(ANN, LINK, nonce=nonce)) == "nonce"


def test_a_replay_in_the_same_and_in_a_later_block() -> None:
    here = ledger()
    signal = here.signal(ANN, LINK)
    assert refused(here, signal, signal) == "nonce"
    assert here.codes(signal) == ["ok"]
    assert refused(here, signal) == "nonce"
    assert here.account(ANN).locked == 5


def test_without_the_nonce_check_a_replay_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    def unchecked(working: StateOverlay, signed: SignedSignal) -> Account:
        account = working.accounts.get(signed.signal.neuron)
        assert account is not None
        return account

    here = ledger()
    signal = here.signal(ANN, LINK)
    monkeypatch.setattr(admission_module, "_paying", unchecked)
    assert here.codes(signal, signal) == ["ok", "ok"]
    assert here.account(ANN).locked == 10


def test_a_tip_above_the_balance() -> None:
    here = ledger()
    assert refused(here, here.signal(ANN, LINK, tip=101)) == "tip"
    assert here.codes(here.signal(ANN, LINK, tip=100)) == ["ok"]


def test_a_tip_that_an_earlier_signal_has_spent() -> None:
    here = ledger()
    spend = here.signal(ANN, Transfer(BOB, 60))
    assert refused(here, spend, here.signal(ANN, LINK, nonce=1, tip=41)) == "tip"


def test_a_neuron_without_account() -> None:
    here = ledger()
    assert refused(here, here.signal(C, LINK)) == "account"


@pytest.mark.parametrize(
    "operation",
    [
        ("nothing/1", A),
        ("link/2", A, B, b"", 5),
        ("link", A, B, b"", 5),
        ("Operations",),
    ],
)
def test_an_unknown_operation(operation: Sequence[object]) -> None:
    here = ledger()
    assert refused(here, here.signal(ANN, LINK, operation)) == "operation"


@pytest.mark.parametrize(
    "operation",
    [
        ("link/1", A, B, b""),
        ("link/1", A, B, b"", 5, 5),
        ("link/1", A[:31], B, b"", 5),
        ("link/1", A + b"a", B, b"", 5),
        ("link/1", "YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=", B, b"", 5),
        ("link/1", A, B, b"", 0),
        ("link/1", A, B, b"", -1),
        ("link/1", A, B, b"", 2**63),
        ("link/1", A, B, b"", True),
        ("link/1", A, B, b"", "5"),
        ("link/1", A, B, bytes(32), 5),
        ("link/1", A, B, b"short", 5),
        ("unlink/1", A, B, bytes(32)),
        ("put_blob/1", A, 0),
        ("set_property/1", A, b"name", b"value"),
        ("set_property/1", A, "", b"value"),
        ("forget/1", A, bytes(95)),
        ("forget/1", A, B + C + bytes(32)),
        ("rotate_key/1", A, bytes(63)),
        ("transfer/1", A, 2**64 - 1),
    ],
)
def test_malformed_fields(operation: Sequence[object]) -> None:
    here = ledger()
    assert refused(here, here.signal(ANN, LINK, operation)) == "malformed"


def test_nothing_follows_a_rotation() -> None:
    here = ledger()
    rotation = RotateKey(C, bytes(64))
    assert refused(here, here.signal(ANN, rotation, LINK)) == "malformed"


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        (Link(A, A, b"", 5), "self-link"),
        (Link(A, B, b"", 2), "amount"),
        (PutBlob(A, 101), "size"),
        (SetProperty(A, "ä" * 33, b"value"), "size"),
    ],
)
def test_what_needs_no_state_to_be_refused(operation: Operation, code: str) -> None:
    here = ledger(weight_unit=3, blob_bytes_max=100)
    assert refused(here, here.signal(ANN, operation)) == code


def test_too_many_operations_or_bytes() -> None:
    here = ledger(operations_max=2)
    unlink = Unlink(A, B, b"")
    assert here.codes(here.signal(ANN, LINK, unlink)) == ["ok"]
    assert refused(here, here.signal(ANN, LINK, unlink, LINK)) == "size"
    one = len(here.signal(ANN, LINK).wire)
    here = ledger(signal_bytes_max=one)
    assert here.codes(here.signal(ANN, LINK)) == ["ok"]
    assert refused(here, here.signal(ANN, LINK, Stake(1))) == "size"


def test_a_proposal_goes_on_after_what_it_leaves_out() -> None:
    here = ledger()
    late = here.signal(ANN, LINK, nonce=1)
    proposal = here.propose(late, here.signal(ANN, LINK), late, here.signal(BOB, LINK))
    assert [error.code for _, error in proposal.refused] == ["nonce"]
    assert [result.code for result in proposal.results] == ["ok", "ok", "ok"]
    assert here.codes(*proposal.signals) == ["ok", "ok", "ok"]


NEVER: dict[str, tuple[Any, dict[str, Any]]] = {
    "network": (LINK, {"network": particle(9)}),
    "expired": (LINK, {"expires_height": 0}),
    "operation": (("unheard/1", A), {}),
    "malformed": (("link/1", A, B, b"", 0), {}),
    "self-link": (Link(A, A, b"", 5), {}),
    "size": (PutBlob(A, 1 << 40), {}),
}
"""By the code of its refusal: an operation, and what the head says."""


@pytest.mark.parametrize("code", NEVER)
def test_what_no_state_admits_is_told_without_one(code: str) -> None:
    """The same refusal as by ``admit``, before anything is read: neither nonce nor account matters."""
    here = ledger()
    operation, head = NEVER[code]
    for neuron, nonce in ((ANN, 0), (ANN, 7), (C, 0)):
        with pytest.raises(SignalError) as caught:
            without_state(here, here.signal(neuron, operation, nonce=nonce, **head))
        assert caught.value.code == code
    assert refused(here, here.signal(ANN, operation, **head)) == code


def test_what_only_a_state_can_refuse_is_not_told_without_one() -> None:
    here = ledger()
    heads: list[tuple[bytes, dict[str, Any]]] = [
        (ANN, {"nonce": 5}),
        (C, {}),
        (ANN, {"tip": 10**9}),
    ]
    for neuron, head in heads:
        signed = here.signal(neuron, LINK, **head)
        assert without_state(here, signed) == [LINK]
        refused(here, signed)


def without_state(here: Ledger, signed: SignedSignal) -> list[Operation]:
    runtime = here.runtime
    return check_without_state(
        signed, runtime.registry, here.parameters, runtime.network, here.height
    )
