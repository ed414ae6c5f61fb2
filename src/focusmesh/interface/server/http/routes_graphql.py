"""GraphQL over HTTP: queries in URLs and in bodies, for one moment, and the schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from focusmesh.host.service import Deadline

# Its parts, and strawberry with them, are loaded when the first query comes, in a thread.
from focusmesh.interface.server import graphql as queries
from focusmesh.interface.server.http.parameters import At, TheServer
from focusmesh.interface.server.http.server import Server
from focusmesh.interface.server.http.tagged_responses import is_known, not_modified
from focusmesh.interface.server.shared import (
    PROBLEMS,
    HTTPException,
    Parameter,
    QueryParameter,
    Request,
    Response,
    get,
    post,
)

if TYPE_CHECKING:
    from focusmesh.interface.server.graphql import Answered, GraphQLRequest, Prepared

TAGS = ["graph"]
JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
"""With it, a request that is at fault is answered with 400; in plain JSON with 200, as GraphQL over HTTP has it."""

BODY_BYTES_MAX = 1 << 18

Query = Annotated[str, QueryParameter(name="query", min_length=1, description="The query.")]
Variables = Annotated[str | None, Parameter(description="Values of its variables, as JSON.")]
OperationName = Annotated[
    str | None,
    QueryParameter(name="operationName", description="Which operation of the query is meant."),
]


class GraphQLAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An answer of GraphQL. ``extensions`` has the root and the height that it is of, its cost and depth."""

    data: dict[str, Any] | None = None
    errors: list[dict[str, Any]] | None = None
    extensions: dict[str, Any] | None = None


@get("/v1/graphql", tags=TAGS, responses=PROBLEMS)
async def graphql(
    server: TheServer,
    request: Request[Any, Any, Any],
    text: Query,
    variables: Variables = None,
    operation: OperationName = None,
    at: At = None,
) -> Response[GraphQLAnswer]:
    """What a GraphQL query asks for, all of it of one moment; see docs/reference/schema.graphql."""
    asked = queries.GraphQLRequest.of_text(text, variables, operation)
    return await _answer(server, request, asked, at)


@post(
    "/v1/graphql",
    tags=TAGS,
    responses=PROBLEMS,
    status_code=200,
    request_max_body_size=BODY_BYTES_MAX,
)
async def post_graphql(
    server: TheServer, request: Request[Any, Any, Any], at: At = None
) -> Response[GraphQLAnswer]:
    """The same for a query that is posted as JSON: `query`, `variables`, `operationName`."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
        raise HTTPException(status_code=415, detail=f"post the query as {JSON}")
    body = await request.body()
    return await _answer(server, request, queries.GraphQLRequest.of_json(body), at)


@get("/v1/graphql/schema", tags=TAGS, responses=PROBLEMS, media_type="text/plain")
async def graphql_schema(server: TheServer, request: Request[Any, Any, Any]) -> Response[str]:
    """The schema, in GraphQL's own language."""
    text = await server.work(request, lambda: queries.schema_text())
    return Response(text, media_type="text/plain", headers={"Cache-Control": "no-cache"})


async def _answer(
    server: Server, request: Request[Any, Any, Any], asked: GraphQLRequest, at: int | None
) -> Response[Any]:
    limits = server.settings.limits

    def prepare() -> Prepared | Answered:
        costs = queries.Costs(cost=limits.graphql_cost, depth=limits.graphql_depth)
        return queries.prepare_query(asked, costs)

    ready = await server.work(request, prepare)
    if isinstance(ready, queries.Answered):
        return _response(request, ready)
    moment = await server.moment(at, ready.cursor)
    server.telemetry.note(root=moment.root, height=moment.height)
    tag = f'"{moment.root}"' if ready.found.is_of_moment else None
    if tag and request.method == "GET" and is_known(request, tag):
        return not_modified(tag)
    if ready.found.needs_texts:
        await server.texts(moment)
    deadline = Deadline(limits.answer_seconds)
    done = await server.work(
        request, lambda: queries.answer_query(server.service, moment, ready, deadline), deadline
    )
    return _response(request, done, tag)


def _response(
    request: Request[Any, Any, Any], done: Answered, tag: str | None = None
) -> Response[Any]:
    is_plain = GRAPHQL_JSON not in request.headers.get("accept", "")
    headers = {"Cache-Control": "no-cache", "Vary": "Accept"}
    # What went wrong may go right with the same root: a thing that was not there, or not yet.
    if tag and not done.has_errors:
        headers["ETag"] = tag
    return Response(
        done.document,
        status_code=200 if is_plain or not done.is_refused else 400,
        media_type=JSON if is_plain else GRAPHQL_JSON,
        headers=headers,
    )


def describe_routes(paths: dict[str, Any]) -> None:
    """Adds to the description of all routes what litestar cannot know."""
    text = {"type": ["string", "null"]}
    body = {
        "type": "object",
        "required": ["query"],
        "properties": {
            "query": {"type": "string"},
            "variables": {"type": ["object", "null"]},
            "operationName": text,
            "extensions": {"type": ["object", "null"]},
        },
        "additionalProperties": False,
    }
    post = paths["/v1/graphql"]["post"]
    post["requestBody"] = {"required": True, "content": {JSON: {"schema": body}}}
    for method in ("get", "post"):
        responses = paths["/v1/graphql"][method]["responses"]
        answer = responses["200"]["content"][JSON]
        for status in ("200", "400"):
            responses[status]["content"][GRAPHQL_JSON] = answer


GRAPHQL_ROUTES = [graphql, post_graphql, graphql_schema]
