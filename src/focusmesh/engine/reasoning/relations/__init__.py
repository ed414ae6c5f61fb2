"""Relations: rows with ranks, their indexes and changes, and the limits under which they are joined.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from focusmesh.engine.reasoning.relations.column_index import ColumnIndex as ColumnIndex
from focusmesh.engine.reasoning.relations.column_relation import ColumnRelation as ColumnRelation
from focusmesh.engine.reasoning.relations.columns import KEY_BITS as KEY_BITS
from focusmesh.engine.reasoning.relations.columns import ArrayRows as ArrayRows
from focusmesh.engine.reasoning.relations.columns import ColumnRows as ColumnRows
from focusmesh.engine.reasoning.relations.columns import PackedRows as PackedRows
from focusmesh.engine.reasoning.relations.columns import distinct as distinct
from focusmesh.engine.reasoning.relations.columns import keep_on as keep_on
from focusmesh.engine.reasoning.relations.columns import pack as pack
from focusmesh.engine.reasoning.relations.columns import parts as parts
from focusmesh.engine.reasoning.relations.columns import unpack as unpack
from focusmesh.engine.reasoning.relations.dictionary import Dictionary as Dictionary
from focusmesh.engine.reasoning.relations.dictionary import as_float as as_float
from focusmesh.engine.reasoning.relations.limits import Holdings as Holdings
from focusmesh.engine.reasoning.relations.limits import Meter as Meter
from focusmesh.engine.reasoning.relations.limits import QueryLimits as QueryLimits
from focusmesh.engine.reasoning.relations.limits import meter_of as meter_of
from focusmesh.engine.reasoning.relations.limits import row_bytes as row_bytes
from focusmesh.engine.reasoning.relations.limits import slices as slices
from focusmesh.engine.reasoning.relations.profile import Profile as Profile
from focusmesh.engine.reasoning.relations.profile import StepProfile as StepProfile
from focusmesh.engine.reasoning.relations.relation import Index as Index
from focusmesh.engine.reasoning.relations.relation import Relation as Relation
from focusmesh.engine.reasoning.relations.relation import Row as Row
