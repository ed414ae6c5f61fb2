"""How a query runs: clauses are operators over rows, expressions closures, patterns searches.

It imports ``language``, ``meaning``, ``functions``, ``values``, ``sources`` and ``paths`` of its siblings. Start
reading at ``execution.py``.
"""

from __future__ import annotations

from focusmesh.engine.reasoning.query.plans.execution import OpenQuery as OpenQuery
from focusmesh.engine.reasoning.query.plans.execution import QuerySettings as QuerySettings
from focusmesh.engine.reasoning.query.plans.execution import open_query as open_query
from focusmesh.engine.reasoning.query.plans.query_run import ForeignFunction as ForeignFunction
from focusmesh.engine.reasoning.query.plans.query_run import QueryProcedure as QueryProcedure
