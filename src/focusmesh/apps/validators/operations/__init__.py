"""The operations of validators: bonding stake, and accusing who voted twice.

May import: kernel.consensus, kernel.runtime, kernel.state.
Start reading at bonding.py.
"""

from __future__ import annotations
