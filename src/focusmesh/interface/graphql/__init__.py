"""GraphQL over the same service: a schema of the records, what a query costs, its answer. Needs the extra ``serve``.

May import: strawberry and graphql-core (through framework.py alone), interface/service, what is beside and below.
Start reading at query.py, cost.py, then answering.py; types.py makes the types of the records.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily as _lazily

if TYPE_CHECKING:
    from focusmesh.interface.graphql.answering import Answered, Prepared, answered, prepared
    from focusmesh.interface.graphql.cost import Costs
    from focusmesh.interface.graphql.request import GraphQLRequest
    from focusmesh.interface.graphql.schema import schema_text

__all__ = [
    "Answered",
    "Costs",
    "GraphQLRequest",
    "Prepared",
    "answered",
    "prepared",
    "schema_text",
]

_HOMES = {
    "focusmesh.interface.graphql.answering": ("Answered", "Prepared", "answered", "prepared"),
    "focusmesh.interface.graphql.cost": ("Costs",),
    "focusmesh.interface.graphql.request": ("GraphQLRequest",),
    "focusmesh.interface.graphql.schema": ("schema_text",),
}


if not TYPE_CHECKING:
    __getattr__, __dir__ = _lazily(__name__, _HOMES)
