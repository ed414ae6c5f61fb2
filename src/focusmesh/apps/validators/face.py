"""Validators as all faces offer them."""

from __future__ import annotations

from focusmesh.apps import Application
from focusmesh.apps.validators.operations.accusation import Accuse
from focusmesh.apps.validators.operations.bonding import BondStake, UnbondStake, WithdrawStake

VALIDATOR_OPERATIONS = (Accuse, BondStake, UnbondStake, WithdrawStake)

APPLICATION = Application(
    name="validators",
    words="Who bonds stake votes on blocks, and loses it for voting twice.",
    operations=VALIDATOR_OPERATIONS,
    parameters=("agreement",),
)
