"""The API as a page for people, made of its OpenAPI document: one file, without scripts, that asks for nothing else."""

from __future__ import annotations

import base64
import json
from functools import lru_cache
from hashlib import sha256
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_STYLE = """
:root { color-scheme: light dark; --line: #8885; --soft: #8882; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1rem; }
code, pre { font-family: ui-monospace, monospace; font-size: .9em; }
pre { background: var(--soft); overflow-x: auto; padding: .6rem; }
table { border-collapse: collapse; width: 100%; }
td, th { border-top: 1px solid var(--line); padding: .3rem .6rem; text-align: left; vertical-align: top; }
details { border: 1px solid var(--line); margin: .5rem 0; padding: .4rem .8rem; }
summary { cursor: pointer; }
nav a { margin-right: 1rem; }
"""
_DIGEST = base64.b64encode(sha256(_STYLE.encode()).digest()).decode()
DOCS_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_DIGEST}'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
"""The page's Content-Security-Policy: nothing is loaded, nothing runs, and its one style is named by digest."""
_BOUNDS = (
    *("minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "pattern", "enum"),
    "default",
)


@lru_cache(maxsize=1)
def _page(text: str) -> bytes:
    return "\n".join(_lines(json.loads(text))).encode()


def docs_page(document: dict[str, Any]) -> bytes:
    """The page of an OpenAPI document. Linear in the document; the last page is kept."""
    return _page(json.dumps(document))


def _lines(document: dict[str, Any]) -> Iterator[str]:
    info = document["info"]
    yield "<!doctype html>"
    yield '<html lang="en"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{escape(info['title'])} API</title><style>{_STYLE}</style></head><body>"
    yield f"<h1>{escape(info['title'])} <small>{escape(info['version'])}</small></h1>"
    yield f"<p>{_prose(info.get('description', ''))}</p>"
    yield '<p>For programs: <a href="/openapi.json">openapi.json</a>.</p>'
    tags = document.get("tags", [])
    links = (f'<a href="#{escape(tag["name"])}">{escape(tag["name"])}</a>' for tag in tags)
    yield f"<nav>{''.join(links)}</nav>"
    schemas = document["components"]["schemas"]
    for tag in tags:
        yield f'<h2 id="{escape(tag["name"])}">{escape(tag["name"])}</h2>'
        yield f"<p>{_prose(tag.get('description', ''))}</p>"
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                if tag["name"] in operation.get("tags", ()):
                    yield from _operation(method, path, operation)
    yield "<h2>Records</h2>"
    for name, schema in sorted(schemas.items()):
        yield from _record(name, schema)
    yield "</body></html>"


def _operation(method: str, path: str, operation: dict[str, Any]) -> Iterator[str]:
    words = _prose(operation.get("description", operation.get("summary", "")))
    yield f"<details><summary><code>{method.upper()} {escape(path)}</code></summary>"
    yield f"<p>{words}</p>"
    if parameters := operation.get("parameters"):
        yield "<table><tr><th>parameter</th><th>in</th><th>type</th><th>what</th></tr>"
        for one in parameters:
            name = f"<code>{escape(one['name'])}</code>" + (" *" if one.get("required") else "")
            about = _prose(one.get("description", ""))
            if "example" in one:
                about += f"<br>Example: <code>{escape(json.dumps(one['example']))}</code>"
            row = (name, escape(one["in"]), _kind(one["schema"]), about)
            yield f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>"
        yield "</table>"
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        yield f"<p>Body: <code>{escape(kind)}</code>, {_kind(content.get('schema', {}))}</p>"
        if "example" in content:
            yield f"<pre>{escape(json.dumps(content['example'], indent=2))}</pre>"
    yield "<table><tr><th>status</th><th>what</th><th>media types</th></tr>"
    for status, answer in operation.get("responses", {}).items():
        kinds = ", ".join(
            f"<code>{escape(kind)}</code> {_kind(content.get('schema', {}))}"
            for kind, content in answer.get("content", {}).items()
        )
        yield f"<tr><td>{status}</td><td>{_prose(answer['description'])}</td><td>{kinds}</td></tr>"
    yield "</table></details>"


def _record(name: str, schema: dict[str, Any]) -> Iterator[str]:
    required = schema.get("required", ())
    yield f'<details id="{escape(name)}"><summary><code>{escape(name)}</code></summary>'
    yield f"<p>{_prose(schema.get('description', ''))}</p><table>"
    for field, kind in schema.get("properties", {}).items():
        star = " *" if field in required else ""
        yield f"<tr><td><code>{escape(field)}</code>{star}</td><td>{_kind(kind)}</td></tr>"
    yield "</table></details>"


def _kind(schema: dict[str, Any]) -> str:
    """A type in words, with its bounds."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#{name}">{name}</a>'
    if choices := schema.get("oneOf") or schema.get("anyOf"):
        return " or ".join(map(_kind, choices))
    kinds = schema.get("type", "")
    words = escape(" or ".join(kinds) if isinstance(kinds, list) else kinds)
    if "items" in schema:
        words += f" of {_kind(schema['items'])}" if schema["items"] else ""
    said = [f"{name} {json.dumps(schema[name])}" for name in _BOUNDS if name in schema]
    return words + (f" <small>({escape('; '.join(said))})</small>" if said else "")


def _prose(text: str) -> str:
    """Text with its `code` marked."""
    parts = escape(text).split("`")
    return "".join(
        f"<code>{part}</code>" if number % 2 and number < len(parts) - 1 else part
        for number, part in enumerate(parts)
    )
