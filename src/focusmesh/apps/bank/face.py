"""The bank as all faces offer it."""

from __future__ import annotations

from focusmesh.apps import Application
from focusmesh.apps.bank.operations.staking import Stake, Unstake
from focusmesh.apps.bank.operations.supply import Burn, Mint
from focusmesh.apps.bank.operations.transfers import Transfer

BANK_OPERATIONS = (Burn, Mint, Stake, Transfer, Unstake)

APPLICATION = Application(
    name="bank",
    words="Tokens move, are staked and taken out again, come into being and end.",
    operations=BANK_OPERATIONS,
    parameters=("minters",),
)
