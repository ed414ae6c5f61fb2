"""The grid: templates, cubes, blocks, what cubes are asked, and the history of it all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from focusmesh.engine.progress import Step
from focusmesh.interface.grid import (
    BLOCKS_MAX,
    BlockAnswer,
    Cascade,
    CascadeAnswer,
    CollectiveThink,
    CubeAnswer,
    CubePage,
    CubeRow,
    Execute,
    GridHealth,
    GridStats,
    HistoryPage,
    Interlock,
    InterlockAnswer,
    NewInstance,
    NewTemplate,
    NewValue,
    Process,
    ProcessAnswer,
    RemovedAnswer,
    SendMessage,
    SentAnswer,
    TemplateAnswer,
    ThoughtAnswer,
    Tie,
    Token,
    VerifiedAnswer,
    VerifyVote,
    Vote,
    VoteAnswer,
    no_grid,
)
from focusmesh.interface.http.answering import Server, is_known, not_modified, tagged
from focusmesh.interface.http.framework import (
    HTTPException,
    JSONBody,
    Parameter,
    Request,
    Response,
    delete,
    get,
    post,
)
from focusmesh.interface.http.grid_sockets import GRID_LIVE
from focusmesh.interface.http.parameters import TheServer
from focusmesh.interface.http.problems import PROBLEMS
from focusmesh.interface.service import Deadline

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.interface.grid import GridService

TAGS = ["grid"]
BLOCKS = "application/octet-stream"
_FRESH = {"Cache-Control": "no-store"}
Result = TypeVar("Result")

Axis = Annotated[int, Parameter(ge=-(2**31), le=2**31, description="A coordinate.")]
Corner = Annotated[
    str | None,
    Parameter(pattern=r"^\d{1,7},\d{1,7},\d{1,7}$", description="Three coordinates, as `x,y,z`."),
]
Limit = Annotated[int, Parameter(ge=1, le=BLOCKS_MAX, description="How many blocks at most.")]
Commits = Annotated[int, Parameter(ge=1, le=1_000, description="How many commits a page lists.")]
Below = Annotated[
    int | None, Parameter(ge=0, le=2**53, description="Only commits of lower heights.")
]
CubeName = Annotated[str, Parameter(max_length=128, description="Name of a cube.")]


async def _asked(
    server: Server,
    request: Request[Any, Any, Any],
    ask: Callable[[GridService], Result],
) -> Response[Result]:
    """What the grid answers, from a thread."""
    grid = _grid(server)
    return Response(await server.work(request, lambda: ask(grid)), headers=_FRESH)


async def _done(server: Server, do: Callable[[GridService], Result]) -> Response[Result]:
    """What came of a change, which goes on to its end even where who asked has gone away."""
    grid = _grid(server)
    return Response(await server.work(None, lambda: do(grid)), headers=_FRESH, status_code=200)


def _grid(server: Server) -> GridService:
    if server.grid is None:
        raise no_grid()
    return server.grid


def _place(text: str | None) -> tuple[int, int, int] | None:
    if text is None:
        return None
    x, y, z = (int(part) for part in text.split(","))
    return x, y, z


@post("/v1/grid/template/create", tags=TAGS, responses=PROBLEMS, status_code=200)
async def create_template(
    server: TheServer, data: JSONBody[NewTemplate]
) -> Response[TemplateAnswer]:
    """Makes a template: which model stands on which place of a cube."""
    return await _done(server, lambda grid: grid.create_template(data))


@post("/v1/grid/instance/create", tags=TAGS, responses=PROBLEMS, status_code=200)
async def create_instance(server: TheServer, data: JSONBody[NewInstance]) -> Response[CubeAnswer]:
    """Makes a cube of a template, at a place of the array."""
    return await _done(server, lambda grid: grid.create_instance(data))


@get("/v1/grid/instances", tags=TAGS, responses=PROBLEMS)
async def instances(server: TheServer, request: Request[Any, Any, Any]) -> Response[CubePage]:
    """All cubes, by name."""
    return await _asked(server, request, lambda grid: grid.cubes())


@get("/v1/grid/instance/{name:str}", tags=TAGS, responses=PROBLEMS)
async def instance(
    server: TheServer, request: Request[Any, Any, Any], name: CubeName
) -> Response[CubeAnswer]:
    """One cube, with its vertices."""
    return await _asked(server, request, lambda grid: grid.cube(name))


@delete("/v1/grid/instance/{name:str}", tags=TAGS, responses=PROBLEMS, status_code=200)
async def delete_instance(server: TheServer, name: CubeName) -> Response[RemovedAnswer]:
    """Takes a cube out of the array."""
    return await _done(server, lambda grid: grid.remove_instance(name))


@get("/v1/grid/value", tags=TAGS, responses=PROBLEMS)
async def value(
    server: TheServer, request: Request[Any, Any, Any], x: Axis, y: Axis, z: Axis
) -> Response[BlockAnswer]:
    """The block at a place."""
    return await _asked(server, request, lambda grid: grid.value(x, y, z))


@post("/v1/grid/value", tags=TAGS, responses=PROBLEMS, status_code=200)
async def set_value(server: TheServer, data: JSONBody[NewValue]) -> Response[BlockAnswer]:
    """Sets the value of a block; null clears it."""
    return await _done(server, lambda grid: grid.set_value(data))


@get("/v1/grid/blocks", tags=TAGS, responses=PROBLEMS, media_type=BLOCKS)
async def blocks(
    server: TheServer,
    request: Request[Any, Any, Any],
    low: Corner = None,
    high: Corner = None,
    limit: Limit = 1_000_000,
) -> Response[bytes]:
    """Active blocks of a box (`high` is not in it; default: all) as bytes, evenly chosen where there are more."""
    grid = _grid(server)
    tag = f'"{grid.revision}"'
    if is_known(request, tag):
        return not_modified(tag)
    found = await server.work(request, lambda: grid.blocks(_place(low), _place(high), limit))
    return tagged(found, tag, BLOCKS)


@post("/v1/grid/llm/process", tags=TAGS, responses=PROBLEMS, status_code=200)
async def process(
    server: TheServer, request: Request[Any, Any, Any], data: JSONBody[Process]
) -> Response[ProcessAnswer]:
    """How a text goes on, of one vertex or of the whole ensemble."""
    deadline = Deadline(server.settings.limits.answer_seconds)
    grid = _grid(server)

    def tell(token: Token) -> None:
        deadline(Step("process", token.index, data.count, "bytes"))

    answer = await server.work(request, lambda: grid.process(data, tell), deadline)
    return Response(answer, headers=_FRESH, status_code=200)


@post("/v1/grid/llm/interlock", tags=TAGS, responses=PROBLEMS, status_code=200)
async def interlock(server: TheServer, data: JSONBody[Interlock]) -> Response[InterlockAnswer]:
    """An operation on a plane of blocks (activate, clear, sync, process), all of it or nothing."""
    deadline = Deadline(server.settings.limits.progress_seconds)
    grid = _grid(server)
    answer = await server.work(None, lambda: grid.interlock(data, deadline), deadline)
    return Response(answer, headers=_FRESH, status_code=200)


@post("/v1/grid/think", tags=TAGS, responses=PROBLEMS, status_code=200)
async def think(server: TheServer, data: JSONBody[CollectiveThink]) -> Response[ThoughtAnswer]:
    """What all vertices of a cube hold to come next."""
    return await _done(server, lambda grid: grid.collective_think(data))


@post("/v1/grid/cascade", tags=TAGS, responses=PROBLEMS, status_code=200)
async def cascade(server: TheServer, data: JSONBody[Cascade]) -> Response[CascadeAnswer]:
    """A text that spreads through a cube along edges."""
    return await _done(server, lambda grid: grid.cascade(data))


@post("/v1/grid/send", tags=TAGS, responses=PROBLEMS, status_code=200)
async def send(server: TheServer, data: JSONBody[SendMessage]) -> Response[SentAnswer]:
    """A message between two vertices of a cube, or between two cubes that are tied."""
    return await _done(server, lambda grid: grid.send_message(data))


@post("/v1/grid/connect", tags=TAGS, responses=PROBLEMS, status_code=200)
async def connect(server: TheServer, data: JSONBody[Tie]) -> Response[CubeAnswer]:
    """Ties two cubes, or unties them."""
    return await _done(server, lambda grid: grid.connect(data))


@post("/v1/grid/execute", tags=TAGS, responses=PROBLEMS, status_code=200)
async def execute(server: TheServer, data: JSONBody[Execute]) -> Response[CubeRow]:
    """A command of PackML, which brings a cube into another state."""
    return await _done(server, lambda grid: grid.execute(data))


@post("/v1/grid/vote", tags=TAGS, responses=PROBLEMS, status_code=200)
async def vote(server: TheServer, data: JSONBody[Vote]) -> Response[VoteAnswer]:
    """A vote of a cube's vertices, with the certificate that it ends in."""
    return await _done(server, lambda grid: grid.vote(data))


@post("/v1/grid/vote/verify", tags=TAGS, responses=PROBLEMS, status_code=200)
async def verify_vote(server: TheServer, data: JSONBody[VerifyVote]) -> Response[VerifiedAnswer]:
    """Holds a certificate against the keys of a cube."""
    return await _done(server, lambda grid: grid.verify_vote(data))


@get("/v1/grid/history", tags=TAGS, responses=PROBLEMS)
async def history(
    server: TheServer,
    request: Request[Any, Any, Any],
    limit: Commits = 20,
    before: Below = None,
) -> Response[HistoryPage]:
    """Commits, newest first."""
    return await _asked(server, request, lambda grid: grid.history(limit, before))


@get("/v1/grid/stats", tags=TAGS, responses=PROBLEMS)
async def stats(server: TheServer, request: Request[Any, Any, Any]) -> Response[GridStats]:
    """The grid in figures."""
    return await _asked(server, request, lambda grid: grid.statistics())


@get("/v1/grid/health", tags=TAGS, responses=PROBLEMS)
async def health(server: TheServer) -> Response[GridHealth]:
    """Whether a grid is served, and all is well with it: 200, or 503 with what is not."""
    grid = server.grid
    if grid is None:
        return Response(GridHealth(ok=True, served=False), headers=_FRESH)
    found = await server.watched(grid.health)
    return Response(found, status_code=200 if found.ok else 503, headers=_FRESH)


@get(GRID_LIVE, include_in_schema=False)
async def live() -> None:
    """Says that this is the place of a web socket."""
    raise HTTPException(status_code=426, detail="open a web socket here")


def grid_described(document: dict[str, Any]) -> None:
    """Takes back that bodies name what a web socket's messages are told apart by: a route says it."""
    schemas = document["components"]["schemas"]
    for kind in (Cascade, CollectiveThink, Execute, Process, SendMessage, VerifyVote, Vote):
        schema = schemas[kind.__name__]
        del schema["properties"]["type"]
        schema["required"] = [name for name in schema["required"] if name != "type"]
    answers = document["paths"]["/v1/grid/blocks"]["get"]["responses"]["200"]["content"]
    answers[BLOCKS] = {"schema": {"type": "string", "contentMediaType": BLOCKS}}


GRID_ROUTES = [
    create_template,
    create_instance,
    instances,
    instance,
    delete_instance,
    value,
    set_value,
    blocks,
    process,
    interlock,
    think,
    cascade,
    send,
    connect,
    execute,
    vote,
    verify_vote,
    history,
    stats,
    health,
    live,
]
