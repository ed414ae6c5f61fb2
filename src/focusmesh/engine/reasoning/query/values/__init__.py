"""Values of queries: their types, logic, equality, order, arithmetic and texts.

It imports nothing of its siblings. Start reading at ``types.py``.
"""

from __future__ import annotations

from focusmesh.engine.reasoning.query.values.types import NO_TYPE as NO_TYPE
from focusmesh.engine.reasoning.query.values.types import ValueType as ValueType
from focusmesh.engine.reasoning.query.values.types import can_fit as can_fit
