"""Solvers of φ = R(φ), what a solve costs, and its result with a bound.

May import: focusmesh.errors, engine.{support,links}, focus.{operator,devices}.
Start reading at solve.py, then solver.py.
"""

from __future__ import annotations
