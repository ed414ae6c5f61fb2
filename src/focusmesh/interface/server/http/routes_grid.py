"""The grid: templates, cubes, blocks, what cubes are asked, and the history of it all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from focusmesh.engine.support.progress import Step
from focusmesh.host.grid import (
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
from focusmesh.host.service import HEIGHT_MAX, Deadline
from focusmesh.interface.server.http.parameters import TheServer
from focusmesh.interface.server.http.server import Server
from focusmesh.interface.server.http.tagged_responses import is_known, not_modified, tagged_response
from focusmesh.interface.server.shared import (
    PROBLEMS,
    HTTPException,
    JSONBody,
    Parameter,
    Request,
    Response,
    delete,
    get,
    post,
)
from focusmesh.interface.server.websocket import GRID_LIVE

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.host.grid import GridService

TAGS = ["grid"]
BODY_BYTES_MAX = 1 << 20
"""What is posted here is JSON: a text of 262,144 characters and a few names."""
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
    int | None, Parameter(ge=0, le=HEIGHT_MAX, description="Only commits of lower heights.")
]
CubeName = Annotated[str, Parameter(max_length=128, description="Name of a cube.")]


async def _ask(
    server: Server,
    request: Request[Any, Any, Any],
    ask: Callable[[GridService], Result],
) -> Response[Result]:
    """What the grid answers, from a thread."""
    grid = _grid(server)
    return Response(await server.work(request, lambda: ask(grid)), headers=_FRESH)


async def _change(server: Server, do: Callable[[GridService], Result]) -> Response[Result]:
    """What came of a change, which goes on to its end even where who asked has gone away."""
    grid = _grid(server)
    return Response(await server.work(None, lambda: do(grid)), headers=_FRESH, status_code=200)


def _grid(server: Server) -> GridService:
    if server.grid is None:
        raise no_grid()
    return server.grid


def _takes(path: str) -> Callable[[Any], Any]:
    """Marks a route that takes JSON and says what came of it."""
    return post(
        path,
        tags=TAGS,
        responses=PROBLEMS,
        status_code=200,
        request_max_body_size=BODY_BYTES_MAX,
    )


def _place(text: str | None) -> tuple[int, int, int] | None:
    if text is None:
        return None
    x, y, z = (int(part) for part in text.split(","))
    return x, y, z


@_takes("/v1/grid/template/create")
async def create_template(
    server: TheServer, data: JSONBody[NewTemplate]
) -> Response[TemplateAnswer]:
    """Makes a template: which model stands on which place of a cube."""
    return await _change(server, lambda grid: grid.create_template(data))


@_takes("/v1/grid/instance/create")
async def create_instance(server: TheServer, data: JSONBody[NewInstance]) -> Response[CubeAnswer]:
    """Makes a cube of a template, at a place of the array."""
    return await _change(server, lambda grid: grid.create_instance(data))


@get("/v1/grid/instances", tags=TAGS, responses=PROBLEMS)
async def instances(server: TheServer, request: Request[Any, Any, Any]) -> Response[CubePage]:
    """All cubes, by name."""
    return await _ask(server, request, lambda grid: grid.cubes())


@get("/v1/grid/instance/{name:str}", tags=TAGS, responses=PROBLEMS)
async def instance(
    server: TheServer, request: Request[Any, Any, Any], name: CubeName
) -> Response[CubeAnswer]:
    """One cube, with its vertices."""
    return await _ask(server, request, lambda grid: grid.cube(name))


@delete("/v1/grid/instance/{name:str}", tags=TAGS, responses=PROBLEMS, status_code=200)
async def delete_instance(server: TheServer, name: CubeName) -> Response[RemovedAnswer]:
    """Takes a cube out of the array."""
    return await _change(server, lambda grid: grid.remove_instance(name))


@get("/v1/grid/value", tags=TAGS, responses=PROBLEMS)
async def value(
    server: TheServer, request: Request[Any, Any, Any], x: Axis, y: Axis, z: Axis
) -> Response[BlockAnswer]:
    """The block at a place."""
    return await _ask(server, request, lambda grid: grid.value(x, y, z))


@_takes("/v1/grid/value")
async def set_value(server: TheServer, data: JSONBody[NewValue]) -> Response[BlockAnswer]:
    """Sets the value of a block; null clears it."""
    return await _change(server, lambda grid: grid.set_value(data))


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
    return tagged_response(found, tag, BLOCKS)


@_takes("/v1/grid/llm/process")
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


@_takes("/v1/grid/llm/interlock")
async def interlock(server: TheServer, data: JSONBody[Interlock]) -> Response[InterlockAnswer]:
    """An operation on a plane of blocks (activate, clear, sync, process), all of it or nothing."""
    deadline = Deadline(server.settings.limits.progress_seconds)
    grid = _grid(server)
    answer = await server.work(None, lambda: grid.interlock(data, deadline), deadline)
    return Response(answer, headers=_FRESH, status_code=200)


@_takes("/v1/grid/think")
async def think(server: TheServer, data: JSONBody[CollectiveThink]) -> Response[ThoughtAnswer]:
    """What all vertices of a cube hold to come next."""
    return await _change(server, lambda grid: grid.collective_think(data))


@_takes("/v1/grid/cascade")
async def cascade(server: TheServer, data: JSONBody[Cascade]) -> Response[CascadeAnswer]:
    """A text that spreads through a cube along edges."""
    return await _change(server, lambda grid: grid.cascade(data))


@_takes("/v1/grid/send")
async def send(server: TheServer, data: JSONBody[SendMessage]) -> Response[SentAnswer]:
    """A message between two vertices of a cube, or between two cubes that are tied."""
    return await _change(server, lambda grid: grid.send_message(data))


@_takes("/v1/grid/connect")
async def connect(server: TheServer, data: JSONBody[Tie]) -> Response[CubeAnswer]:
    """Ties two cubes, or unties them."""
    return await _change(server, lambda grid: grid.connect(data))


@_takes("/v1/grid/execute")
async def execute(server: TheServer, data: JSONBody[Execute]) -> Response[CubeRow]:
    """A command of PackML, which brings a cube into another state."""
    return await _change(server, lambda grid: grid.execute(data))


@_takes("/v1/grid/vote")
async def vote(server: TheServer, data: JSONBody[Vote]) -> Response[VoteAnswer]:
    """A vote of a cube's vertices, with the certificate that it ends in."""
    return await _change(server, lambda grid: grid.vote(data))


@_takes("/v1/grid/vote/verify")
async def verify_vote(server: TheServer, data: JSONBody[VerifyVote]) -> Response[VerifiedAnswer]:
    """Holds a certificate against the keys of a cube."""
    return await _change(server, lambda grid: grid.verify_vote(data))


@get("/v1/grid/history", tags=TAGS, responses=PROBLEMS)
async def history(
    server: TheServer,
    request: Request[Any, Any, Any],
    limit: Commits = 20,
    before: Below = None,
) -> Response[HistoryPage]:
    """Commits, newest first."""
    return await _ask(server, request, lambda grid: grid.history(limit, before))


@get("/v1/grid/stats", tags=TAGS, responses=PROBLEMS)
async def stats(server: TheServer, request: Request[Any, Any, Any]) -> Response[GridStats]:
    """The grid in figures."""
    return await _ask(server, request, lambda grid: grid.statistics())


@get("/v1/grid/health", tags=TAGS, responses=PROBLEMS)
async def health(server: TheServer) -> Response[GridHealth]:
    """Whether a grid is served, and all is well with it: 200, or 503 with what is not."""
    grid = server.grid
    if grid is None:
        return Response(GridHealth(ok=True, served=False), headers=_FRESH)
    found = await server.watch(grid.health)
    return Response(found, status_code=200 if found.ok else 503, headers=_FRESH)


@get(GRID_LIVE, include_in_schema=False)
async def live() -> None:
    """Says that this is the place of a web socket."""
    raise HTTPException(status_code=426, detail="open a web socket here")


GRID_BODIES = (
    *(Cascade, CollectiveThink, Execute, Interlock, NewInstance, NewTemplate, NewValue, Process),
    *(SendMessage, Tie, VerifyVote, Vote),
)
"""What is posted."""
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
