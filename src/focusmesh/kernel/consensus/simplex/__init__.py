"""Simplex (Chan and Pass 2023): rounds, votes, notarisation, finalisation.

May import: what lies beside this folder.
Start reading at simplex.py.
"""

from __future__ import annotations
