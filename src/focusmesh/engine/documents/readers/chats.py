"""Exports of chats in JSON: conversations of assistants, channels of teams, messengers; each conversation is an item.

What is looked for is a list of messages, whoever wrote it: objects that have a text and may say who spoke and when.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from focusmesh.engine.documents.items import Item
from focusmesh.engine.importers import bytes_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from focusmesh.engine.importers import Reading

CHAT_BYTES_MAX = 1 << 28
_TEXTS = ("text", "content", "body", "message", "parts")
_SPEAKERS = ("role", "from", "author", "user", "sender", "username", "name")
_LISTS = ("messages", "conversations", "chats", "list", "mapping", "chat_messages")
_TITLES = ("title", "name", "topic", "subject")
_DEPTH_MAX = 8


def read_chat(file: Path, path: str, reading: Reading) -> Iterator[Item]:
    """The conversations in a JSON file; a file in which there is none is refused, and one larger than 256 MiB."""
    raw = bytes_of(file, reading, CHAT_BYTES_MAX)
    if raw is None:
        return
    reading.line_count += raw.count(b"\n") + 1
    try:
        told = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        reading.refuse(1, f"no JSON: {error}", str(file))
        return
    count = 0
    for count, (title, messages) in enumerate(_conversations(told, _stem(path), 0), 1):  # noqa: B007
        text = "\n\n".join(f"{who}: {said}" if who else said for who, said in messages)
        yield Item(name=f"{path}#{title}", text=text, title=title)
    if not count:
        reading.refuse(
            1, "there are no messages in it: objects with a text or a content", str(file)
        )


def _conversations(
    told: Any, title: str, depth: int
) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Every list of messages, with the title that stands nearest above it."""
    if depth > _DEPTH_MAX:
        return
    if isinstance(told, dict):
        own = next(
            (told[k] for k in _TITLES if isinstance(told.get(k), str) and told[k].strip()), title
        )
        for key in _LISTS:
            if key in told:
                yield from _conversations(told[key], own, depth + 1)
    values = (
        list(told.values()) if isinstance(told, dict) else told if isinstance(told, list) else []
    )
    messages = [message for message in map(_message, values) if message is not None]
    if messages and (isinstance(told, list) or depth):
        yield title, messages
    elif isinstance(told, list):
        for value in told:
            yield from _conversations(value, title, depth + 1)


def _message(value: Any) -> tuple[str, str] | None:
    """Who spoke, and what."""
    if not isinstance(value, dict):
        return None
    inner = value.get("message")
    if isinstance(inner, dict):
        return _message(inner)
    said = next((s for s in (_said(value.get(key), 0) for key in _TEXTS) if s), "")
    return (_speaker(value), said) if said else None


def _speaker(value: dict[str, Any]) -> str:
    for key in _SPEAKERS:
        who = value.get(key)
        who = who.get("role") or who.get("name") if isinstance(who, dict) else who
        if isinstance(who, str) and who.strip():
            return " ".join(who.split())
    return ""


def _said(content: Any, depth: int) -> str:
    """A text that may be in parts, as exports have it: strings, and objects with a text."""
    if isinstance(content, str):
        return content.strip()
    if depth > _DEPTH_MAX:
        return ""
    if isinstance(content, list):
        return "".join(_said(part, depth + 1) for part in content)
    if isinstance(content, dict):
        return next((s for s in (_said(content.get(k), depth + 1) for k in _TEXTS) if s), "")
    return ""


def _stem(path: str) -> str:
    return path.rpartition("/")[2].rpartition(".")[0] or path
