"""What is signed: the components of a request, a line each (RFC 9421 §2)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qsl, quote, urlsplit

from focusmesh.errors import InputError
from focusmesh.interface.server.signatures.fields import InnerList, Item, written_item, written_list

if TYPE_CHECKING:
    from collections.abc import Sequence

PARAMETERS = "@signature-params"
_FOLD = re.compile(r"[ \t]*\r?\n[ \t]+")
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


class Asked(NamedTuple):
    """A request as it is signed: ``path`` and ``query`` as they are sent, the query without its "?"."""

    method: str
    scheme: str
    authority: str
    path: str
    query: str
    headers: Sequence[tuple[str, str]]

    @classmethod
    def of(cls, method: str, url: str, headers: Sequence[tuple[str, str]] = ()) -> Asked:
        """The request for ``url``. Raises InputError where that names no host."""
        parts = urlsplit(url)
        if parts.scheme not in _DEFAULT_PORTS or not parts.netloc:
            raise InputError(f"{url[:80]!r} is not a URL of a server")
        authority = parts.netloc.rpartition("@")[2]
        return cls(method.upper(), parts.scheme, authority, parts.path, parts.query, headers)

    def header(self, name: str) -> str | None:
        """All lines of a header field as one; None where it is absent."""
        lines = [_FOLD.sub(" ", value).strip(" \t") for key, value in self.headers if key == name]
        return ", ".join(lines) if lines else None

    @property
    def place(self) -> str:
        """The authority in lower case, without the port that the scheme has anyway."""
        return self.authority.lower().removesuffix(_DEFAULT_PORTS.get(self.scheme, " "))


def signature_base(request: Asked, covered: InnerList) -> bytes:
    """The text that is signed for ``covered``, an inner list of components with the signature's parameters.

    Raises InputError for a component that the request lacks, that is named twice or that is not known.
    """
    lines: dict[str, str] = {}
    for item in covered.items:
        identifier = written_item(item)
        if identifier in lines:
            raise InputError(f"{identifier} is signed twice")
        lines[identifier] = _value(request, item)
    lines[f'"{PARAMETERS}"'] = written_list(covered)
    text = "\n".join(f"{identifier}: {value}" for identifier, value in lines.items())
    try:
        return text.encode("ascii")
    except UnicodeEncodeError as error:
        raise InputError("signed text must be ASCII") from error


def _value(request: Asked, item: Item) -> str:
    name = item.value
    if not isinstance(name, str) or name != name.lower():
        raise InputError(f"{written_item(item)} is not a component in lower case")
    if name == "@query-param":
        return _query_parameter(request, item)
    if item.parameters:
        raise InputError(f"{written_item(item)} has parameters that are not known")
    if name.startswith("@"):
        return _derived_value(request, name)
    value = request.header(name)
    if value is None:
        raise InputError(f"the header {name} is signed and was not sent")
    return value


def _derived_value(request: Asked, name: str) -> str:
    path, query = request.path or "/", f"?{request.query}"
    target = path + (query if request.query else "")
    values = {
        "@method": request.method,
        "@authority": request.place,
        "@scheme": request.scheme,
        "@path": path,
        "@query": query,
        "@request-target": target,
        "@target-uri": f"{request.scheme}://{request.place}{target}",
    }
    if name not in values:
        raise InputError(f"{name} is not a component of a request")
    return values[name]


def _query_parameter(request: Asked, item: Item) -> str:
    """RFC 9421 §2.2.8: exactly one of this name, read and spelt anew."""
    name = item.parameters.get("name")
    pairs = parse_qsl(request.query, keep_blank_values=True)
    values = [_form_encode(value) for key, value in pairs if _form_encode(key) == name]
    if set(item.parameters) != {"name"} or len(values) != 1:
        raise InputError(f"{written_item(item)} is not a parameter that the query has once")
    return values[0]


def _form_encode(text: str) -> str:
    """As forms are encoded, which escape the tilde that URLs leave alone, but for spaces."""
    return quote(text, safe="*-._").replace("~", "%7E")
