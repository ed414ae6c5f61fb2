"""The registry of operator atoms: what rules and patterns may call by name, whoever provides it.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from focusmesh.engine.reasoning.registry.operator_atoms import PARTICLES as PARTICLES
from focusmesh.engine.reasoning.registry.operator_atoms import TYPES as TYPES
from focusmesh.engine.reasoning.registry.operator_atoms import Argument as Argument
from focusmesh.engine.reasoning.registry.operator_atoms import Column as Column
from focusmesh.engine.reasoning.registry.operator_atoms import OperatorAtom as OperatorAtom
from focusmesh.engine.reasoning.registry.operator_atoms import OperatorRegistry as OperatorRegistry
