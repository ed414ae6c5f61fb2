"""The operations of the bank: transfers, staking, minting and burning.

May import: kernel.runtime, kernel.state.
Start reading at transfers.py.
"""

from __future__ import annotations
