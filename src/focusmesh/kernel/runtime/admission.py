"""Whether a signal may stand in a block at all: what is checked before anything of it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from focusmesh.errors import SignalError
from focusmesh.kernel.runtime.fees import Charge, charge_of, check_units
from focusmesh.kernel.state import key_holder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from focusmesh.kernel.runtime.operation import Operation
    from focusmesh.kernel.runtime.registry import Registry
    from focusmesh.kernel.state import Account, Parameters, StateOverlay
    from focusmesh.protocol.signal import SignedSignal


BLOCK_WORK_MAX = 1 << 26
"""Interactions that the programs of a block may take together: some seconds, whatever they do."""


class Admitted(NamedTuple):
    """A signal that may stand in a block: its operations, read, and the account that pays for it."""

    operations: list[Operation]
    account: Account
    work: int = 0
    charge: Charge = Charge()


def admit(
    working: StateOverlay, signed: SignedSignal, registry: Registry, network: bytes
) -> Admitted:
    """Checks everything but the signature, over the state that the signal would meet. O(operations).

    Raises SignalError: ``"network"``, ``"expired"``, ``"size"``, ``"rotated"``, ``"account"``, ``"nonce"``, ``"tip"``,
    ``"operation"``, ``"malformed"``, ``"halted"``, ``"crowded"``, ``"price"`` and what ``validate`` of an operation
    refuses with.
    """
    parameters = working.parameters
    _check_head(signed, parameters, network, working.height)
    # First who pays: what nobody pays for is not looked at any closer.
    account = _paying(working, signed)
    operations = registry.read(signed.signal.operations)
    _check_operations(operations, parameters)
    if working.is_halted and not all(each.stands_when_halted for each in operations):
        raise SignalError(
            "halted",
            f"the network is halted before block {working.height} by more than two thirds of who decides it: "
            "until they resume it, signals are refused",
        )
    work = _work(signed, operations)
    if working.work + work > BLOCK_WORK_MAX:
        raise SignalError(
            "crowded",
            f"signal {signed.id.hex()} may take {work:,} interactions, {BLOCK_WORK_MAX - working.work:,} are left in "
            "this block: it can be in the next one",
        )
    fees = parameters.fees
    charge = Charge() if fees is None else charge_of(working, fees, signed, account, operations)
    return Admitted(operations, account, work, charge)


def check_without_state(
    signed: SignedSignal, registry: Registry, parameters: Parameters, network: bytes, height: int
) -> list[Operation]:
    """The operations of a signal that some state would admit to the block at ``height``. O(operations).

    What this refuses no block from ``height`` on can have, so it is asked before a signal costs anybody anything: a
    place in a pool, a batch, a round of votes. Its signature is not checked.

    Raises SignalError: ``"network"``, ``"expired"``, ``"size"``, ``"operation"``, ``"malformed"`` and what ``validate``
    of an operation refuses with.
    """
    _check_head(signed, parameters, network, height)
    operations = registry.read(signed.signal.operations)
    _check_operations(operations, parameters)
    _work(signed, operations)
    check_units(signed, operations, parameters)
    return operations


def _check_head(signed: SignedSignal, parameters: Parameters, network: bytes, height: int) -> None:
    signal = signed.signal
    if signal.network != network:
        raise SignalError(
            "network", f"signal {signed.id.hex()} is for another network, {signal.network.hex()}"
        )
    if signal.expires_height < height:
        raise SignalError(
            "expired",
            f"signal {signed.id.hex()} expired at height {signal.expires_height}, and this is block {height}",
        )
    _check_size(signed, parameters)


def _work(signed: SignedSignal, operations: Sequence[Operation]) -> int:
    """The interactions that its programs may take; no block has room for more than BLOCK_WORK_MAX."""
    work = sum([operation.work() for operation in operations])
    if work > BLOCK_WORK_MAX:
        raise SignalError(
            "size",
            f"programs of signal {signed.id.hex()} may take {work:,} interactions, a block has {BLOCK_WORK_MAX:,}: "
            "allow them less fuel, or fewer links",
        )
    return work


def _check_size(signed: SignedSignal, parameters: Parameters) -> None:
    size_bytes, count = len(signed.wire), len(signed.signal.operations)
    if size_bytes > parameters.signal_bytes_max or count > parameters.operations_max:
        raise SignalError(
            "size",
            f"signal {signed.id.hex()} has {size_bytes} bytes and {count} operations; "
            f"at most {parameters.signal_bytes_max} and {parameters.operations_max} are allowed",
        )


def _check_operations(operations: Sequence[Operation], parameters: Parameters) -> None:
    if not operations:
        raise SignalError("malformed", "a signal has at least one operation")
    for operation in operations:
        operation.validate(parameters)
    for operation in operations[:-1]:
        if operation.closes:
            raise SignalError(
                "malformed", f"{operation.name()} must be the last operation of its signal"
            )


def _paying(working: StateOverlay, signed: SignedSignal) -> Account:
    signal = signed.signal
    account = working.accounts.get(signal.neuron)
    if account is None:
        raise no_account(working.get, signal.neuron)
    if signal.nonce != account.nonce:
        raise SignalError(
            "nonce",
            f"signal {signed.id.hex()} has nonce {signal.nonce}, the next one of its neuron is {account.nonce}",
        )
    if signal.tip > account.balance:
        raise SignalError(
            "tip",
            f"signal {signed.id.hex()} offers a tip of {signal.tip} base units, but its neuron has {account.balance}",
        )
    return account


def no_account(get: Callable[[bytes], bytes | None], neuron: bytes) -> SignalError:
    """Why a neuron without an account cannot sign, in a state of which ``get`` gives values: "rotated" or "account"."""
    newer = key_holder(get, neuron)
    if newer != neuron:
        message = f"the key {neuron.hex()} was rotated to {newer.hex()}: sign with that"
        return SignalError("rotated", message)
    message = f"{neuron.hex()} has no account: someone has to transfer to it first"
    return SignalError("account", message)


def check_contents(
    kept: StateOverlay | None, operations: Sequence[Operation], contents: Mapping[bytes, bytes]
) -> None:
    """What whoever makes a block asks for: claimed content came along, or is ``kept`` already, in the size claimed.

    No rule of the network: other nodes accept a block without it. Raises SignalError ``"content"``.
    """
    for operation in operations:
        for digest, size_bytes in operation.contents():
            content = contents.get(digest)
            if content is None and kept is not None:
                content = kept.content(digest)
            if content is None or len(content) != size_bytes:
                found = "is not there" if content is None else f"has {len(content)}"
                message = f"content {digest.hex()} of {size_bytes} bytes {found}: send it along"
                raise SignalError("content", message)
