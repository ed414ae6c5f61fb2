"""Values of queries: their types, logic, equality, order, arithmetic and texts.

It imports nothing of its siblings. Start reading at ``value.py``.
"""

from __future__ import annotations

from focusmesh.engine.reasoning.query.values.access import contains as contains
from focusmesh.engine.reasoning.query.values.access import element as element
from focusmesh.engine.reasoning.query.values.access import elements as elements
from focusmesh.engine.reasoning.query.values.access import ends_with as ends_with
from focusmesh.engine.reasoning.query.values.access import has_labels as has_labels
from focusmesh.engine.reasoning.query.values.access import membership as membership
from focusmesh.engine.reasoning.query.values.access import property_of as property_of
from focusmesh.engine.reasoning.query.values.access import starts_with as starts_with
from focusmesh.engine.reasoning.query.values.arithmetic import add as add
from focusmesh.engine.reasoning.query.values.arithmetic import divide as divide
from focusmesh.engine.reasoning.query.values.arithmetic import int64 as int64
from focusmesh.engine.reasoning.query.values.arithmetic import modulo as modulo
from focusmesh.engine.reasoning.query.values.arithmetic import multiply as multiply
from focusmesh.engine.reasoning.query.values.arithmetic import negate as negate
from focusmesh.engine.reasoning.query.values.arithmetic import positive as positive
from focusmesh.engine.reasoning.query.values.arithmetic import power as power
from focusmesh.engine.reasoning.query.values.arithmetic import subtract as subtract
from focusmesh.engine.reasoning.query.values.equality import group_key as group_key
from focusmesh.engine.reasoning.query.values.equality import is_equal as is_equal
from focusmesh.engine.reasoning.query.values.equality import is_in as is_in
from focusmesh.engine.reasoning.query.values.faults import EvaluationError as EvaluationError
from focusmesh.engine.reasoning.query.values.faults import argument_fault as argument_fault
from focusmesh.engine.reasoning.query.values.faults import overflow_fault as overflow_fault
from focusmesh.engine.reasoning.query.values.faults import range_fault as range_fault
from focusmesh.engine.reasoning.query.values.faults import type_fault as type_fault
from focusmesh.engine.reasoning.query.values.graph_values import GraphAccess as GraphAccess
from focusmesh.engine.reasoning.query.values.graph_values import NodeValue as NodeValue
from focusmesh.engine.reasoning.query.values.graph_values import PathValue as PathValue
from focusmesh.engine.reasoning.query.values.graph_values import (
    RelationshipValue as RelationshipValue,
)
from focusmesh.engine.reasoning.query.values.logic import conjunction as conjunction
from focusmesh.engine.reasoning.query.values.logic import disjunction as disjunction
from focusmesh.engine.reasoning.query.values.logic import (
    exclusive_disjunction as exclusive_disjunction,
)
from focusmesh.engine.reasoning.query.values.logic import negation as negation
from focusmesh.engine.reasoning.query.values.logic import truth as truth
from focusmesh.engine.reasoning.query.values.notation import value_json as value_json
from focusmesh.engine.reasoning.query.values.notation import value_text as value_text
from focusmesh.engine.reasoning.query.values.order import is_less as is_less
from focusmesh.engine.reasoning.query.values.order import order_key as order_key
from focusmesh.engine.reasoning.query.values.quantifiers import holds_for_all as holds_for_all
from focusmesh.engine.reasoning.query.values.quantifiers import holds_for_any as holds_for_any
from focusmesh.engine.reasoning.query.values.quantifiers import holds_for_none as holds_for_none
from focusmesh.engine.reasoning.query.values.quantifiers import holds_for_one as holds_for_one
from focusmesh.engine.reasoning.query.values.texts import float_text as float_text
from focusmesh.engine.reasoning.query.values.texts import read_float_literal as read_float_literal
from focusmesh.engine.reasoning.query.values.texts import (
    read_integer_literal as read_integer_literal,
)
from focusmesh.engine.reasoning.query.values.texts import read_number as read_number
from focusmesh.engine.reasoning.query.values.texts import read_string_literal as read_string_literal
from focusmesh.engine.reasoning.query.values.texts import read_whole_number as read_whole_number
from focusmesh.engine.reasoning.query.values.types import NO_TYPE as NO_TYPE
from focusmesh.engine.reasoning.query.values.types import ValueType as ValueType
from focusmesh.engine.reasoning.query.values.types import can_fit as can_fit
from focusmesh.engine.reasoning.query.values.types import type_text as type_text
from focusmesh.engine.reasoning.query.values.value import INTEGER_MAX as INTEGER_MAX
from focusmesh.engine.reasoning.query.values.value import INTEGER_MIN as INTEGER_MIN
from focusmesh.engine.reasoning.query.values.value import QueryValue as QueryValue
from focusmesh.engine.reasoning.query.values.value import TemporalValue as TemporalValue
from focusmesh.engine.reasoning.query.values.value import is_number as is_number
from focusmesh.engine.reasoning.query.values.value import type_name as type_name
from focusmesh.engine.reasoning.query.values.value import type_of as type_of
