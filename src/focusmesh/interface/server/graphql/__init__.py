"""GraphQL over the same service: a schema of the records, what a query costs, its answer. Needs the extra ``serve``.

May import: strawberry and graphql-core (through framework.py alone), host.service, what is beside and below.
Start reading at query.py, cost.py, then execution.py; types.py makes the types of the records.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily

if TYPE_CHECKING:
    from focusmesh.interface.server.graphql.cost import Costs as Costs
    from focusmesh.interface.server.graphql.execution import Answered as Answered
    from focusmesh.interface.server.graphql.execution import Prepared as Prepared
    from focusmesh.interface.server.graphql.execution import answer_query as answer_query
    from focusmesh.interface.server.graphql.execution import prepare_query as prepare_query
    from focusmesh.interface.server.graphql.request import GraphQLRequest as GraphQLRequest
    from focusmesh.interface.server.graphql.schema import schema_text as schema_text
else:
    __getattr__, __dir__ = lazily(__name__)
