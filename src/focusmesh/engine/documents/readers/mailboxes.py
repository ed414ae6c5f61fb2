"""Mail: boxes (mbox) of many messages, and files of one; each message is an item with what it answers."""

from __future__ import annotations

import re
from email import policy
from email.parser import BytesParser
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from focusmesh.engine.documents.items import Item
from focusmesh.engine.documents.readers.lines import lines_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage
    from pathlib import Path

    from focusmesh.engine.importers import Reading

MESSAGE_BYTES_MAX = 1 << 25
PARTS_MAX = 200
REFERENCES_MAX = 20
_ID = re.compile(r"<([^<>\s]{1,250})>")
_ANSWER = re.compile(r"^(?:(?:re|fwd?|aw|wg|sv)\s*:\s*)+", re.IGNORECASE)
_LEAST_TITLE = 2


def read_mailbox(file: Path, path: str, reading: Reading) -> Iterator[Item]:
    """The messages of an mbox file, or the one of an .eml file.

    A message is called by its Message-ID, its title is its subject, and it links what it refers to. One that is larger
    than ``MESSAGE_BYTES_MAX``, or that the parser cannot read, is refused with its first line.
    """
    held: list[bytes] = []
    begun, size = 1, 0
    for number, line in lines_of(file, reading):
        if line.startswith(b"From ") and (size or number == 1):
            yield from _message(held, size, begun, file, path, reading)
            begun, held, size = number, [], 0
            continue
        size += len(line)
        if size <= MESSAGE_BYTES_MAX:
            held.append(line)
        elif held:
            held = []
    yield from _message(held, size, begun, file, path, reading)


def _message(
    lines: list[bytes], size: int, begun: int, file: Path, path: str, reading: Reading
) -> Iterator[Item]:
    if size > MESSAGE_BYTES_MAX:
        reading.refuse(begun, f"the message is larger than {MESSAGE_BYTES_MAX} bytes", str(file))
        return
    if not size:
        return
    try:
        message = BytesParser(policy=policy.default).parsebytes(b"".join(lines))
        item = _item(message, f"{path}:{begun}")
    except Exception as error:
        # It is the standard library's parser on somebody's mail: whatever it raises is about this message.
        reading.refuse(begun, f"the message cannot be read: {type(error).__name__}", str(file))
        return
    if item.text or item.title:
        yield item
    else:
        reading.refuse(begun, "the message has neither a subject nor a text", str(file))


def _item(message: EmailMessage, otherwise: str) -> Item:
    subject = _clean(str(message.get("Subject", "")))
    sender = _clean(str(message.get("From", "")))
    own = _ID.findall(str(message.get("Message-ID", "")))
    named = f"{message.get('References', '')} {message.get('In-Reply-To', '')}"
    answered = list(dict.fromkeys(_ID.findall(named)))[-REFERENCES_MAX:]
    text = "\n".join(filter(None, (f"{subject}\n{sender}".strip(), _text(message))))
    title = _ANSWER.sub("", subject).strip()
    return Item(
        name=own[0] if own else otherwise,
        text=text,
        title=title if len(title) >= _LEAST_TITLE and title == subject else None,
        time=_time(message),
        links=[name for name in answered if not own or name != own[0]],
    )


def _text(message: EmailMessage) -> str:
    parts = []
    for count, part in enumerate(message.walk()):
        if count >= PARTS_MAX:
            break
        if part.get_content_maintype() == "text" and not part.is_attachment():
            parts.append((part.get_content_subtype(), str(part.get_content())))
    plain = [text for kind, text in parts if kind == "plain"]
    return "\n".join(plain or [_words_of(text) for kind, text in parts if kind == "html"]).strip()


def _time(message: EmailMessage) -> str | None:
    try:
        return parsedate_to_datetime(str(message["Date"])).isoformat()
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


def _clean(text: str) -> str:
    return " ".join(text.replace("\0", " ").split())


class _Words(HTMLParser):
    """The text of a page that came by mail, without what is not shown."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("script", "style") and self._hidden > 0

    def handle_data(self, data: str) -> None:
        if not self._hidden and data.strip():
            self.words.append(" ".join(data.split()))


def _words_of(page: str) -> str:
    parser = _Words()
    parser.feed(page)
    parser.close()
    return "\n".join(parser.words)
