"""Functions of queries: scalars, lists, strings, mathematics, conversions, temporal values, graphs and aggregates.

It imports ``values`` and ``temporal`` of its siblings. Start reading at ``signatures.py``.
"""

from __future__ import annotations

from focusmesh.engine.reasoning.query.functions.aggregates import Accumulator as Accumulator
from focusmesh.engine.reasoning.query.functions.aggregates import accumulator as accumulator
from focusmesh.engine.reasoning.query.functions.context import FunctionContext as FunctionContext
from focusmesh.engine.reasoning.query.functions.lists import number_range as number_range
from focusmesh.engine.reasoning.query.functions.registry import QueryFunction as QueryFunction
from focusmesh.engine.reasoning.query.functions.registry import close_functions as close_functions
from focusmesh.engine.reasoning.query.functions.registry import find_function as find_function
from focusmesh.engine.reasoning.query.functions.registry import find_signature as find_signature
from focusmesh.engine.reasoning.query.functions.signature import (
    FunctionSignature as FunctionSignature,
)
from focusmesh.engine.reasoning.query.functions.signatures import AGGREGATES as AGGREGATES
from focusmesh.engine.reasoning.query.functions.signatures import SIGNATURES as SIGNATURES
