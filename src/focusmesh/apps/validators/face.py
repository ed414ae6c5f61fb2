"""Validators as all faces offer them."""

from __future__ import annotations

from focusmesh.apps import NOWHERE, Application, Command, Places
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
    commands=(
        Command(
            "unjail",
            "End the jail of the key's validator, once its time is over.",
            Unjail,
            places=Places(cli=NOWHERE),
        ),
        Command(
            "alive",
            "Say that the key's validator is at work; its node does so by itself.",
            Alive,
            places=Places(cli=NOWHERE),
        ),
    ),
    parameters=("agreement", "staking"),
    later={"delegation": PENALTY_OPERATIONS},
)
