"""Certificates: the operator in integers, whose result everybody can check to the bit.

May import: focusmesh.errors, focusmesh.ids, engine.{support,links}, focus.{operator,devices,solve}.
Start reading at certificate.py, then builder.py and operator.py.
"""

from __future__ import annotations
