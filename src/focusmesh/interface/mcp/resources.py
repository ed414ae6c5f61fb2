"""A memory as resources: all of it, one entity each, and the receipts that were asked for last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from focusmesh.errors import InputError
from focusmesh.host.service import Page
from focusmesh.interface.mcp.answers import particle_of
from focusmesh.interface.mcp.paging import part, render_answer
from focusmesh.interface.mcp.receipts import SCHEME

if TYPE_CHECKING:
    from focusmesh.interface.mcp.tools import Tools

GRAPH_URI = "memory://knowledge-graph"
"""All of a memory, under the URI that the memory server gives it."""
ENTITY_URI = "memory://entity/"
_MORE = "?cursor="
_MIME = "application/json"
_LISTED = 100


class Resources:
    """What can be read by URI, cut to the budget like the answers of tools."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    def list_page(self, cursor: str | None) -> Any:
        """All of it, and the entities that have most focus, a page of them."""
        from mcp import types

        moment = self._tools.store.moment()
        view, page = moment.view, Page.of("resources", moment.root, moment.height, _LISTED, cursor)
        names = [view.label(at) for at in view.entities[page.part]]
        listed = [
            types.Resource(name=name, uri=ENTITY_URI + quote(name, safe=""), mime_type=_MIME)
            for name in names
        ]
        if cursor is None:
            listed.insert(
                0,
                types.Resource(
                    name="knowledge-graph",
                    title="Knowledge Graph",
                    uri=GRAPH_URI,
                    description="The knowledge graph with all entities and relations; "
                    f"where it is cut, nextCursor follows as {_MORE}",
                    mime_type=_MIME,
                ),
            )
        return types.ListResourcesResult(
            resources=listed, next_cursor=page.following(len(view.entities))
        )

    def templates(self) -> Any:
        """How URIs are made."""
        from mcp import types

        return types.ListResourceTemplatesResult(
            resource_templates=[
                types.ResourceTemplate(
                    name="entity",
                    uri_template=ENTITY_URI + "{name}",
                    description="An entity and its relations",
                    mime_type=_MIME,
                ),
                types.ResourceTemplate(
                    name="knowledge-graph-page",
                    uri_template=GRAPH_URI + "{?cursor}",
                    description="What follows on a part of the knowledge graph",
                    mime_type=_MIME,
                ),
            ]
        )

    def read(self, uri: str) -> Any:
        """The content of a resource. Raises InputError, UnknownParticleError for what is none."""
        from mcp import types

        text = self._text(str(uri))
        return types.ReadResourceResult(
            contents=[types.TextResourceContents(uri=str(uri), mime_type=_MIME, text=text)]
        )

    def _text(self, uri: str) -> str:
        if uri.startswith(SCHEME) and self._tools.prover is not None:
            return self._tools.prover.receipt(uri)
        where, _, cursor = uri.partition(_MORE)
        moment, budget = self._tools.store.moment(), self._tools.budget_tokens
        if where == GRAPH_URI:
            entities = moment.view.entities
            found = part(moment, "read", entities, budget, cursor or None, dangling=True)
        elif where.startswith(ENTITY_URI):
            name = unquote(where.removeprefix(ENTITY_URI))
            at = particle_of(moment.view, name)
            found = part(moment, ("entity", name), [at], budget, cursor or None)
        else:
            raise InputError(f"there is no resource {uri[:120]!r}")
        return render_answer(found)
