"""What a query means: all that is refused before it runs, by class and detail of openCypher's TCK.

It imports ``language``, ``functions`` and ``values`` of its siblings. Start reading at ``check.py``.
"""

from __future__ import annotations

from focusmesh.engine.reasoning.query.meaning.check import CheckedQuery as CheckedQuery
from focusmesh.engine.reasoning.query.meaning.check import QueryColumn as QueryColumn
from focusmesh.engine.reasoning.query.meaning.check import check_query as check_query
from focusmesh.engine.reasoning.query.meaning.check import imports_variables as imports_variables
from focusmesh.engine.reasoning.query.meaning.faults import QuerySurroundings as QuerySurroundings
from focusmesh.engine.reasoning.query.meaning.inferred import InferredType as InferredType
from focusmesh.engine.reasoning.query.meaning.procedures import (
    ProcedureSignature as ProcedureSignature,
)
