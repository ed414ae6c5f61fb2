"""What an attacker gains: honest graphs, attacks on them, the rankings that are attacked.

May import: focusmesh, NumPy, benchmarks.data.graphs. Start reading at attacks.py.
"""

from __future__ import annotations

from benchmarks.attack.attacks import Attack, all_attacks
from benchmarks.attack.honest import Honest, named
from benchmarks.attack.rankings import RANKINGS

__all__ = ["RANKINGS", "Attack", "Honest", "all_attacks", "named"]
