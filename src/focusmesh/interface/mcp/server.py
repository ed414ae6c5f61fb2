"""The tools as a server of the official SDK: tools, resources, and notifications of what changed."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import msgspec

from focusmesh import __version__
from focusmesh.errors import FileError, FocusmeshError, MissingExtraError
from focusmesh.host.service import problem_of
from focusmesh.interface.mcp.changes import Changes
from focusmesh.interface.mcp.resources import Resources

if TYPE_CHECKING:
    from mcp.server.lowlevel import Server

    from focusmesh.interface.mcp.tool import Answer, Tool
    from focusmesh.interface.mcp.tools import Tools

_log = logging.getLogger(__name__)
INSTRUCTIONS = (
    "A memory that ranks itself. Keep what you learn: create_entities, add_observations, create_relations. Ask it with "
    "recall, which finds what matters for a question within a budget of tokens; explain says why."
)


def made_server(tools: Tools) -> Server[Any]:
    """A server over ``tools``; raises MissingExtraError without the extra ``mcp``.

    Errors of a tool are answers that say so, as in the memory server: a model can read them. What nobody expected is
    logged, and the answer says no more than that.
    """
    try:
        from mcp.server.lowlevel import Server
        from mcp.server.subscriptions import ListenHandler
    except ImportError as error:
        raise MissingExtraError("mcp", "a server for agents") from error
    changes, resources = Changes(tools.store), Resources(tools)
    handlers = _Handlers(tools, resources, changes)
    return Server(
        "focusmesh",
        version=__version__,
        title="focusmesh memory",
        instructions=INSTRUCTIONS,
        lifespan=changes.lifespan,
        on_list_tools=handlers.list_tools,
        on_call_tool=handlers.call_tool,
        on_list_resources=handlers.list_resources,
        on_list_resource_templates=handlers.list_templates,
        on_read_resource=handlers.read_resource,
        on_subscribe_resource=changes.subscribe,
        on_unsubscribe_resource=changes.unsubscribe,
        on_subscriptions_listen=ListenHandler(changes.bus),
    )


class _Handlers:
    """What the SDK calls. The work is done in threads: none of it keeps another client waiting."""

    def __init__(self, tools: Tools, resources: Resources, changes: Changes) -> None:
        self._tools = tools
        self._resources = resources
        self._changes = changes

    async def list_tools(self, _: Any, __: Any) -> Any:
        from mcp import types

        return types.ListToolsResult(
            tools=[_announce(tool) for tool in self._tools.offered.values()]
        )

    async def call_tool(self, _: Any, params: Any) -> Any:
        from anyio import to_thread
        from mcp import MCPError, types

        tool = self._tools.offered.get(params.name)
        if tool is None:
            raise MCPError(types.INVALID_PARAMS, f"there is no tool {params.name[:80]!r}")
        try:
            answer = await to_thread.run_sync(self._tools.call, params.name, params.arguments or {})
        except Exception as error:
            return types.CallToolResult(
                content=[types.TextContent(type="text", text=_message(error))], is_error=True
            )
        if tool.writes:
            await self._changes.look()
        return _result(answer)

    async def list_resources(self, _: Any, params: Any) -> Any:
        from anyio import to_thread

        cursor = None if params is None else params.cursor
        return await to_thread.run_sync(_answer, self._resources.list_page, cursor)

    async def list_templates(self, _: Any, __: Any) -> Any:
        return self._resources.templates()

    async def read_resource(self, _: Any, params: Any) -> Any:
        from anyio import to_thread

        return await to_thread.run_sync(_answer, self._resources.read, params.uri)


def _answer(work: Any, asked: Any) -> Any:
    """What ``work`` gives; its errors as the protocol has them."""
    from mcp import MCPError, types

    try:
        return work(asked)
    except Exception as error:
        raise MCPError(types.INVALID_PARAMS, _message(error)) from error


def _announce(tool: Tool) -> Any:
    from mcp import types

    takes, gives = tool.schemas
    return types.Tool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=takes,
        output_schema=gives,
        annotations=types.ToolAnnotations(
            read_only_hint=not tool.writes,
            destructive_hint=tool.destroys,
            idempotent_hint=tool.repeatable,
            open_world_hint=False,
        ),
    )


def _result(answer: Answer) -> Any:
    from mcp import types

    content: list[Any] = [types.TextContent(type="text", text=answer.text)]
    if answer.link is not None:
        content.append(
            types.ResourceLink(
                type="resource_link",
                name="receipt",
                uri=answer.link,
                mime_type="application/json",
            )
        )
    return types.CallToolResult(
        content=content, structured_content=msgspec.to_builtins(answer.data)
    )


def _message(error: Exception) -> str:
    """What an agent is told; the log has the rest."""
    problem = problem_of(error)
    if isinstance(error, FileError) or not isinstance(error, FocusmeshError):
        _log.error("%s", error, exc_info=not isinstance(error, FileError))
    return problem.message
