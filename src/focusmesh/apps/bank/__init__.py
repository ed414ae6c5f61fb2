"""The bank: tokens move, are staked and taken out again, come into being and end.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from focusmesh.apps.bank.face import APPLICATION as APPLICATION
from focusmesh.apps.bank.face import BANK_OPERATIONS as BANK_OPERATIONS
from focusmesh.apps.bank.operations.staking import Stake as Stake
from focusmesh.apps.bank.operations.staking import Unstake as Unstake
from focusmesh.apps.bank.operations.supply import Burn as Burn
from focusmesh.apps.bank.operations.supply import Mint as Mint
from focusmesh.apps.bank.operations.transfers import Transfer as Transfer
