"""The operations of the pin market: offers, proofs of possession, closure.

May import: kernel.runtime, what lies beside this folder.
Start reading at offers.py.
"""

from __future__ import annotations
