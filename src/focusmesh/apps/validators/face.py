"""Validators as all faces offer them."""

from __future__ import annotations

from focusmesh.apps import Application
from focusmesh.apps.validators.operations.accusation import Accuse, AccuseAny
from focusmesh.apps.validators.operations.bonding import BondStake, UnbondStake, WithdrawStake
from focusmesh.apps.validators.operations.jail import Alive, Unjail

VALIDATOR_OPERATIONS = (Accuse, BondStake, UnbondStake, WithdrawStake)
PENALTY_OPERATIONS = (AccuseAny, Alive, Unjail)
"""Those of networks that pay for themselves."""

APPLICATION = Application(
    name="validators",
    words="Who bonds stake votes on blocks, and loses it for voting twice.",
    operations=VALIDATOR_OPERATIONS,
    parameters=("agreement",),
    later={"delegation": PENALTY_OPERATIONS},
)
