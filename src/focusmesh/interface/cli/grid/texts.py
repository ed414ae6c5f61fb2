"""Eight kinds of text that any machine with this program has: what the specialists of ``grid demo`` learn from."""

from __future__ import annotations

import ast
import contextlib
import dis
import io
import json
import os
import pydoc
import re
import unicodedata
import warnings
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.interface.cli.demo.stdlib import EXCLUDED, standard_library
from focusmesh.interface.cli.grid.logs import log_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_KEPT_OUT = 5
_DOCUMENT_BYTES = 12_000
_ROWS = 100
_PAGES = ("argparse", "calendar", "configparser", "csv", "datetime", "decimal", "difflib", "email")
_MORE_PAGES = ("fractions", "inspect", "json", "logging", "pathlib", "random", "shutil", "string")
_LAST_PAGES = ("subprocess", "tarfile", "textwrap", "threading", "typing", "unittest", "zipfile")
_ADDRESS = re.compile(r"0x[0-9a-f]{6,}|(?<=file \").*?(?=\")")


@dataclass(frozen=True, slots=True)
class TextKind:
    """A kind of text: what it is, and the beginnings of documents, of which every fifth is kept out of training."""

    words: str
    train: bytes
    kept_out: bytes


def local_texts(train_bytes: int) -> dict[str, TextKind]:
    """Kinds by name: up to ``train_bytes`` to learn from each, and about a fifth as much that is kept out."""
    sources: dict[str, tuple[str, Callable[[], Iterator[str]]]] = {
        "python": ("source of the standard library", _python),
        "prose": ("the language reference that comes with Python", _prose),
        "html": ("pages that pydoc writes", _html),
        "json": ("records of what modules define", _json),
        "csv": ("rows of the Unicode character database", _csv),
        "log": ("lines of a made-up service, drawn", _logs),
        "c": ("headers of NumPy", _headers),
        "bytecode": ("listings by the disassembler", _bytecode),
    }
    return {name: _kind(words, read(), train_bytes) for name, (words, read) in sources.items()}


def _kind(words: str, documents: Iterator[str], train_bytes: int) -> TextKind:
    train, kept_out, lengths = list[bytes](), list[bytes](), [0, 0]
    for at, document in enumerate(documents):
        kept = at % _KEPT_OUT == _KEPT_OUT - 1
        content = document.encode("utf-8", "replace")[:_DOCUMENT_BYTES]
        (kept_out if kept else train).append(content)
        lengths[kept] += len(content)
        if lengths[0] >= train_bytes and lengths[1] * _KEPT_OUT >= train_bytes:
            break
    return TextKind(
        words, b"\n".join(train)[:train_bytes], b"\n".join(kept_out)[: train_bytes // _KEPT_OUT]
    )


@cache
def _modules() -> tuple[Path, ...]:
    """Files of the standard library, in a drawn order that is the same each time."""
    skipped = {"site-packages", "dist-packages", *EXCLUDED}
    files = []
    for folder, inner, names in os.walk(standard_library()):
        inner[:] = sorted(set(inner) - skipped)
        files += [Path(folder, name) for name in sorted(names) if name.endswith(".py")]
    order = np.random.default_rng(3).permutation(len(files))
    return tuple(files[at] for at in order.tolist())


def _python() -> Iterator[str]:
    for path in _modules():
        with contextlib.suppress(OSError):
            yield path.read_text(encoding="utf-8", errors="replace")


def _prose() -> Iterator[str]:
    topics: dict[str, str] = import_module("pydoc_data.topics").topics
    names = sorted(topics)
    for at in np.random.default_rng(4).permutation(len(names)).tolist():
        yield topics[names[at]]


def _html() -> Iterator[str]:
    for name in (*_PAGES, *_MORE_PAGES, *_LAST_PAGES):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield pydoc.html.document(import_module(name), name)


def _trees() -> Iterator[tuple[str, ast.Module]]:
    for path in _modules():
        with contextlib.suppress(OSError, SyntaxError, ValueError), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield path.name, ast.parse(path.read_text(encoding="utf-8"))


def _json() -> Iterator[str]:
    for name, tree in _trees():
        records = [
            {
                "name": node.name,
                "kind": type(node).__name__,
                "line": node.lineno,
                "documented": ast.get_docstring(node) is not None,
                "decorators": [ast.unparse(each) for each in node.decorator_list],
            }
            for node in ast.walk(tree)
            if isinstance(node, ast.ClassDef | ast.FunctionDef)
        ]
        yield json.dumps({"file": name, "defines": records}, indent=2)


def _csv() -> Iterator[str]:
    numbers = (number for number in range(0x10000) if unicodedata.name(chr(number), ""))
    while rows := list(islice(numbers, _ROWS)):
        yield "".join(
            f"{number:04X},{unicodedata.name(chr(number))},{unicodedata.category(chr(number))},"
            f"{unicodedata.bidirectional(chr(number))},{unicodedata.combining(chr(number))}\n"
            for number in rows
        )


def _logs() -> Iterator[str]:
    random = np.random.default_rng(5)
    while True:
        yield "".join(log_lines(_ROWS, random))


def _headers() -> Iterator[str]:
    for path in sorted(Path(np.get_include()).rglob("*.h")):
        yield path.read_text(encoding="utf-8", errors="replace")


def _bytecode() -> Iterator[str]:
    for name, tree in _trees():
        listing = io.StringIO()
        dis.dis(compile(tree, name, "exec"), file=listing)
        yield _ADDRESS.sub("…", listing.getvalue())
