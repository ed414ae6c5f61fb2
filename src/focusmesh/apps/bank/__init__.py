"""The bank: tokens move, are staked and taken out again, come into being and end.

May import: focusmesh.{kernel,protocol,errors}; the accounts are the kernel's, only the operations are here.
Start reading at transfers.py.
"""

from __future__ import annotations

from focusmesh.apps.bank.staking import Stake, Unstake
from focusmesh.apps.bank.supply import Burn, Mint
from focusmesh.apps.bank.transfers import Transfer

__all__ = ["BANK_OPERATIONS", "Burn", "Mint", "Stake", "Transfer", "Unstake"]

BANK_OPERATIONS = (Burn, Mint, Stake, Transfer, Unstake)
