"""Validators: who bonds stake votes on blocks, and loses it for voting twice.

May import: focusmesh.{kernel,protocol,errors}; bonds are the kernel's, only the operations are here. Start reading at
bonding.py, then accusing.py.
"""

from __future__ import annotations

from focusmesh.apps.validators.accusing import EVIDENCE_BYTES_MAX, Accuse
from focusmesh.apps.validators.bonding import BondStake, UnbondStake, WithdrawStake
from focusmesh.apps.validators.reading import ValidatorRecord, validators

__all__ = [
    "EVIDENCE_BYTES_MAX",
    "VALIDATOR_OPERATIONS",
    "Accuse",
    "BondStake",
    "UnbondStake",
    "ValidatorRecord",
    "WithdrawStake",
    "validators",
]

VALIDATOR_OPERATIONS = (Accuse, BondStake, UnbondStake, WithdrawStake)
