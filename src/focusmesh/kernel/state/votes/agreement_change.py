"""Another way to agree: one key hands its ledger over to validators, or validators hand it back to keys.

What a proposal names is the dag-cbor map of an ``Agreement``, whose ``voters`` are the validators of the first epoch,
or of ``{"kind": "solo", "proposers": [key, …]}`` for the way back. Epochs and the id of the network go on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from focusmesh.errors import CodecError, ParameterError
from focusmesh.kernel.state.accounts.accounts import (
    Account,
    account_key,
    changed,
    key_holder,
    read_account,
)
from focusmesh.kernel.state.accounts.agreement import Agreement
from focusmesh.kernel.state.accounts.bonds import (
    Bond,
    Unbonding,
    bond_account,
    bond_key,
    first_key,
    read_bond,
    read_bonds,
)
from focusmesh.kernel.state.accounts.parameters import SOLO, VERSION_PAYING, Parameters
from focusmesh.kernel.state.key_space import CHANGE_PREFIX, VALIDATOR_PREFIX
from focusmesh.protocol.codec import decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from focusmesh.kernel.state.staking.leaves import EndLeaves

AGREEMENT_LAW_KEY = CHANGE_PREFIX + b"agreement"
"""The agreement that is law and waits for its epoch, where one key still makes the blocks: one may bond for it."""
BATCH_SIGNAL_BYTES, BATCH_BLOB_BYTES = 1 << 16, 1 << 17
"""The most of a signal, and of a content, where validators decide: both travel in one batch."""
PROPOSERS_MAX = 16
"""So many keys at most can be handed the blocks together."""


class SoloKeys(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The way back: who makes the blocks, one at a time, from then on; raises ParameterError."""

    proposers: tuple[bytes, ...]
    kind: str = SOLO

    def __post_init__(self) -> None:
        if self.kind != SOLO or not 0 < len(set(self.proposers)) == len(self.proposers):
            raise ParameterError("the way back names one key or more, each once, and the kind solo")
        if len(self.proposers) > PROPOSERS_MAX:
            raise ParameterError(f"at most {PROPOSERS_MAX} keys make blocks by turns")


def agreement_bytes(agreement: Agreement | SoloKeys) -> bytes:
    """The canonical bytes of what a proposal names."""
    return encode(msgspec.to_builtins(agreement, builtin_types=(bytes,)))


def read_agreement(data: bytes) -> Agreement | SoloKeys:
    """What ``agreement_bytes`` wrote. Raises ParameterError for anything else, and for an agreement that cannot be."""
    try:
        fields = decode(data)
        kind = fields.get("kind") if isinstance(fields, dict) else None
        form: type[Agreement] | type[SoloKeys] = SoloKeys if kind == SOLO else Agreement
        found = msgspec.convert(fields, form, builtin_types=(bytes,))
    except (CodecError, msgspec.ValidationError) as error:
        raise ParameterError(f"these bytes name no agreement: {error}") from error
    if agreement_bytes(found) != data:
        raise ParameterError("this agreement is not in its canonical encoding")
    if isinstance(found, Agreement):
        found.verify_first_bonds()
    return found


def with_agreement(parameters: Parameters, data: bytes) -> Parameters:
    """The parameters with what a proposal names in the place of who decides now.

    Validators begin with signals and contents that a batch can carry, where those could be larger.
    Raises ParameterError before version 6, where validators already decide and others are named, or where keys are
    named and one makes the blocks already: each way leads over the other.
    """
    found = read_agreement(data)
    if not parameters.can_hand_over:
        raise ParameterError(
            f"who decides blocks changes from version {VERSION_PAYING} on, this network is of version "
            f"{parameters.version}: propose version={VERSION_PAYING} with it, or before"
        )
    is_back = isinstance(found, SoloKeys)
    if is_back == (parameters.agreement is None):
        raise ParameterError(
            f"{parameters.kind} decides the blocks here: a change leads from one key to validators, or back"
        )
    if isinstance(found, SoloKeys):
        return msgspec.structs.replace(parameters, agreement=None, proposers=found.proposers)
    return msgspec.structs.replace(
        parameters,
        agreement=found,
        proposers=(),
        signal_bytes_max=min(parameters.signal_bytes_max, BATCH_SIGNAL_BYTES),
        blob_bytes_max=min(parameters.blob_bytes_max, BATCH_BLOB_BYTES),
    )


def lock_first_bonds(
    state: EndLeaves, agreement: Agreement, height: int, parameters: Parameters
) -> None:
    """Bonds the first validators in the block of ``height`` that hands over, each from the stake of its account.

    What a validator bonded since the vote counts. Raises ParameterError where one has too little that is free, or is
    jailed, be it for ever, and so would not be elected; nothing has changed then. O(validators · log n).
    """
    entries: dict[bytes, bytes] = {}
    for named, amount in ((each.neuron, each.amount) for each in agreement.voters):
        neuron = first_key(state.get, named)
        bond = read_bond(state.get, neuron) or Bond()
        holder = key_holder(state.get, neuron)
        account, held = _account(state, holder), _account(state, bond_account(neuron))
        lacks = max(0, amount - bond.amount)
        if not bond.is_electable or lacks > account.free_stake or bond_key(neuron) in entries:
            raise ParameterError(
                f"the validator {named.hex()} is to bond {amount}: {bond.amount} are bonded and {account.free_stake} "
                f"of its stake are free{'' if bond.is_electable else ', and it is jailed, or was for ever'}"
            )
        left = account.with_stake(account.stake - lacks, height, parameters)
        entries[account_key(holder)] = left.encode()
        bonded = changed(held, stake=held.stake + lacks)
        entries[account_key(bond_account(neuron))] = bonded.encode()
        entries[bond_key(neuron)] = changed(bond, amount=bond.amount + lacks).encode()
    for key, value in entries.items():
        state.put_entry(key, value)


def release_bonds(state: EndLeaves) -> None:
    """Every bond is on its way back like what was unbonded in the epoch that ends: nobody votes any more. O(bonds)."""
    for neuron, bond in list(read_bonds(state.scan(VALIDATOR_PREFIX))):
        if bond.amount:
            waiting = (*bond.unbonding, Unbonding(bond.amount, 0))
            after = changed(bond, amount=0, unbonding=waiting)
            state.put_entry(bond_key(neuron), after.encode())


def note_waiting_agreement(state: EndLeaves, agreements: Sequence[bytes]) -> None:
    """Keeps the first of the ``agreements`` that are law and wait, where one may bond for it; else nothing."""
    found = next((each for each in agreements if isinstance(read_agreement(each), Agreement)), b"")
    if found == (state.get(AGREEMENT_LAW_KEY) or b""):
        return
    if found:
        state.put_entry(AGREEMENT_LAW_KEY, found)
    else:
        state.delete_entry(AGREEMENT_LAW_KEY)


def waiting_agreement(get: Callable[[bytes], bytes | None]) -> Agreement | None:
    """The agreement that is law and waits, in a state of which ``get`` gives values; None where there is none."""
    data = get(AGREEMENT_LAW_KEY)
    found = None if data is None else read_agreement(data)
    return found if isinstance(found, Agreement) else None


def _account(state: EndLeaves, neuron: bytes) -> Account:
    return read_account(state.get, neuron) or Account()
