"""Answers with the root that they belong to, which a client hands back to ask whether there is another one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from focusmesh.interface.server.representation import CURSOR, table_of, wants_table
from focusmesh.interface.server.shared import Response

if TYPE_CHECKING:
    from focusmesh.interface.server.shared import Request

    AnyRequest = Request[Any, Any, Any]

NO_CACHE = "no-cache"
"""Of answers that are to be asked for again before they are used again."""


def is_known(request: AnyRequest, tag: str) -> bool:
    """Whether the client has what has this tag."""
    sent = request.headers.get("if-none-match")
    if sent is None:
        return False
    return sent.strip() == "*" or tag in {one.strip().removeprefix("W/") for one in sent.split(",")}


def not_modified(tag: str) -> Response[Any]:
    """304: what the client has is what it would get."""
    return Response(b"", status_code=304, headers={"ETag": tag, "Cache-Control": NO_CACHE})


def tagged_response(content: Any, tag: str, media_type: str = "application/json") -> Response[Any]:
    """An answer with the root that it belongs to, to be asked for again before it is used again."""
    headers = {"ETag": tag, "Cache-Control": NO_CACHE}
    return Response(content, headers=headers, media_type=media_type)


def list_response(request: AnyRequest, answer: Any, tag: str) -> Response[Any]:
    """The same of what may have items: as a table for who asks for one by Accept."""
    table = table_of(answer) if wants_table(request.headers.get("accept", "")) else None
    if table is None:
        sent = tagged_response(answer, tag)
    else:
        # The tag is a weak one: the bytes are other ones than those of the JSON.
        sent = tagged_response(table.content, f"W/{tag}", table.media_type)
        if table.cursor is not None:
            sent.headers[CURSOR] = table.cursor
    sent.headers["Vary"] = "Accept"
    return sent


def posted_response(answer: Any) -> Response[Any]:
    """The answer to what was asked in a body, which the URL does not name: nobody may keep it for the next one."""
    return Response(answer, status_code=200, headers={"Cache-Control": "no-store"})


def root_response(request: AnyRequest, answer: Any) -> Response[Any]:
    """An answer under its own root: one that lists, as who asks for it wants it."""
    tag = f'"{answer.root}"'
    if hasattr(answer, "items"):
        return list_response(request, answer, tag)
    return tagged_response(answer, tag)
