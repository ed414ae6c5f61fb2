"""Snowman (Rocket et al. 2019): preferences by repeated samples, acceptance with certificates.

May import: what lies beside this folder, and kernel.consensus.simplex.
Start reading at snowman.py.
"""

from __future__ import annotations
