"""Who imports whom, read from the syntax trees: dead modules, private doors, undeclared packages."""

from __future__ import annotations

import ast
import re
import sys
from functools import cache
from typing import TYPE_CHECKING, NamedTuple, TypeGuard

from tests.tidy.tree import blocks

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from tests.tidy.tree import Source

PROJECT = "focusmesh"
LAYERS = {"interface", "host", "apps", "services", "kernel", "protocol", "engine"}
INJECTED = {"apps", "services", "kernel", "protocol"}
"""Layers that take time, chance, disk and net from a World."""
WORLDS_OWN = (
    *(
        "focusmesh.kernel.state.store",
        "focusmesh.protocol.checker",
        "focusmesh.protocol.simulation",
    ),
    *("focusmesh.protocol.transport.iroh.endpoint", "focusmesh.protocol.transport.quic.endpoint"),
)
"""What a World is made of: the store, the processes of a pool, transports that are real, and one that is not."""
CHANCE = ("focusmesh.kernel.simulation",)
"""What plays with seeds, and so may have generators of its own."""
SOCKETS = {
    *("add_reader", "add_writer", "create_connection", "create_datagram_endpoint", "create_server"),
    *(
        "create_subprocess_exec",
        "create_subprocess_shell",
        "create_unix_connection",
        "get_event_loop",
    ),
    *("new_event_loop", "open_connection", "run_coroutine_threadsafe", "run_in_executor"),
    *("start_server", "to_thread"),
}
"""What asyncio has beside tasks and time: a simulation could not follow it there."""
_SOCKET_WORDS = re.compile(rf"\b(asyncio|{'|'.join(sorted(SOCKETS))})\b")
_NAMED = re.compile(rf"""["']{PROJECT}\.""")
WORLDLY = {
    *("datetime", "fcntl", "glob", "io", "multiprocessing", "os", "pathlib", "platform"),
    *("random", "secrets", "select", "shutil", "signal", "socket", "subprocess", "tempfile"),
    *("time", "uuid"),
}
PACKAGE_SETS = {
    (PROJECT, "interface", "server"),
    (PROJECT, "engine", "grid"),
    (PROJECT, "engine", "support"),
}
"""Packages whose packages and modules each are a door of their own."""
ENTRIES = (
    "focusmesh",
    "focusmesh.interface.cli",
    "focusmesh.host.cluster.__main__",
    "focusmesh.interface.networkx",
    "focusmesh.interface.retrievers.langchain",
    "focusmesh.interface.retrievers.llama_index",
    "focusmesh.interface.sklearn",
)


class Import(NamedTuple):
    """``name`` is the deepest dotted name that the statement could mean; a module or something in one.

    ``is_for_types``: a type checker alone reads the statement.
    """

    name: str
    line: int
    is_for_types: bool


@cache
def imports(source: Source) -> tuple[Import, ...]:
    """Every import statement in the file, lazy ones and those for types alone included. Found once a file."""
    return tuple(_imports(source, source.tree.body, is_for_types=False))


def _imports(source: Source, body: Sequence[ast.AST], *, is_for_types: bool) -> Iterator[Import]:
    """The imports of a block and of all blocks in it: an expression cannot hold any."""
    for node in body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, node.lineno, is_for_types)
        elif isinstance(node, ast.ImportFrom):
            base = _base(source, node)
            for alias in node.names:
                yield Import(f"{base}.{alias.name}", node.lineno, is_for_types)
        else:
            for block in blocks(node):
                guarded = _is_guard(node) and block is node.body
                yield from _imports(source, block, is_for_types=is_for_types or guarded)


def _is_guard(node: ast.AST) -> TypeGuard[ast.If]:
    """Whether it is an ``if TYPE_CHECKING``."""
    test = node.test if isinstance(node, ast.If) else None
    return isinstance(test, ast.Name) and test.id == "TYPE_CHECKING"


def _base(source: Source, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    package = source.module.split(".")
    up = node.level - source.is_package
    return ".".join([*package[: len(package) - up], *([node.module] if node.module else [])])


def module_of(name: str, modules: Collection[str]) -> str | None:
    """The longest prefix of a dotted name that is a module of the project."""
    while name not in modules:
        name, _, last = name.rpartition(".")
        if not last:
            return None
    return name


def dead_modules(sources: Iterable[Source], entries: Iterable[str] = ENTRIES) -> list[str]:
    """Modules that no chain of imports from ``entries`` reaches."""
    by_module = {source.module: source for source in sources}
    waiting, reached = [entry for entry in entries if entry in by_module], set[str]()
    while waiting:
        name = waiting.pop()
        if name in reached:
            continue
        reached.add(name)
        waiting += [parent for parent in _parents(name) if parent in by_module]
        waiting += _named_modules(by_module[name], by_module)
    return sorted(by_module.keys() - reached)


def _parents(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:depth]) for depth in range(1, len(parts))]


def _named_modules(source: Source, modules: Collection[str]) -> list[str]:
    """Modules that a file imports, or names in a string as a lazy import does."""
    imported = [module_of(item.name, modules) for item in imports(source)]
    # Most files name no module in a string, and need not be parsed again.
    tree = source.tree if _NAMED.search(source.text) else ast.Module([], [])
    constants = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    named = [text for text in constants if isinstance(text, str) and text in modules]
    return [*filter(None, imported), *named]


def private_doors(sources: Iterable[Source]) -> list[str]:
    """Imports that reach past the ``__init__`` of another package of a layer."""
    listed = list(sources)
    modules = {source.module for source in listed}
    complaints = []
    for source in listed:
        for item in imports(source):
            target = module_of(item.name, modules)
            if target and _is_inside(target) and _package(target) != _package(source.module):
                door = ".".join(_package(target))
                complaints.append(f"{source.path}:{item.line} imports {target}; go through {door}")
    return complaints


def _package(module: str) -> tuple[str, ...]:
    """``focusmesh.<layer>.<package>``, or less where the module lies higher; in a set of packages one part more."""
    parts = tuple(module.split("."))
    if len(parts) < 2 or parts[1] not in LAYERS:
        return parts
    return parts[: 4 if parts[:3] in PACKAGE_SETS else 3]


def _is_inside(module: str) -> bool:
    parts = tuple(module.split("."))
    return len(parts) > max(3, len(_package(module))) and parts[1] in LAYERS


def undeclared(sources: Iterable[Source], declared: Collection[str]) -> list[str]:
    """Imports of packages that are neither Python's own nor declared (as import names)."""
    known = {*sys.stdlib_module_names, *declared, PROJECT}
    return [
        f"{source.path}:{item.line} imports {item.name}, which pyproject.toml does not declare"
        for source in sources
        for item in imports(source)
        if item.name.split(".")[0] not in known
    ]


def worldly_imports(sources: Iterable[Source]) -> list[str]:
    """Imports of what a World gives, in layers that are to take it from there."""
    return [
        f"{source.path}:{item.line} imports {item.name}; take it from the World"
        for source in sources
        if _package(source.module)[1:2]
        and _package(source.module)[1] in INJECTED
        and not source.module.startswith(WORLDS_OWN)
        for item in imports(source)
        if item.name.split(".")[0] in WORLDLY
        and not (item.name.startswith("random") and source.module.startswith(CHANCE))
        and not (item.name == "pathlib.Path" and item.is_for_types)
    ]


def socket_uses(sources: Iterable[Source]) -> list[str]:
    """Names of asyncio that leave the thread or the machine, in layers that are simulated; asyncio.run among them."""
    return [
        f"{source.path}:{node.lineno} says {node.attr}; a simulation cannot follow it there"
        for source in sources
        if _package(source.module)[1:2]
        and _package(source.module)[1] in INJECTED
        and not source.module.startswith(WORLDS_OWN)
        and _SOCKET_WORDS.search(source.text)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Attribute) and _leaves_the_thread(node)
    ]


def _leaves_the_thread(node: ast.Attribute) -> bool:
    is_run = node.attr == "run" and isinstance(node.value, ast.Name) and node.value.id == "asyncio"
    return node.attr in SOCKETS or is_run


def compiler_imports(sources: Iterable[Source]) -> list[str]:
    """Imports of numba elsewhere than behind its one door."""
    return [
        f"{source.path}:{item.line} imports {item.name}; use focusmesh.engine.support.compiled"
        for source in sources
        if source.module != f"{PROJECT}.engine.support.compiled"
        for item in imports(source)
        if item.name.split(".")[0] in {"numba", "llvmlite"}
    ]
