"""What retrievers share: a process that loads and asks them reaches no network."""

from __future__ import annotations

import subprocess
import sys

import pytest

from focusmesh.errors import ParameterError
from focusmesh.interface.retrievers.passages import OPTIONS, passages, verify_options
from tests.engine.recall.worlds import animals

REACHING = """
import asyncio, importlib, sys

def heard(event, details):
    if event in {"socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname", "urllib.Request"}:
        raise SystemExit(f"{event} {details}")

sys.addaudithook(heard)
from focusmesh import Graph
"""
ASKING = """
graph = Graph.from_edges(["fox"], ["forest"])
from focusmesh.interface.retrievers.langchain import FocusRetriever
print(FocusRetriever(graph=graph, k=1).invoke("fox")[0].id)
print(asyncio.run(FocusRetriever(graph=graph, k=1).ainvoke("fox"))[0].id)
from focusmesh.interface.retrievers.llama_index import FocusRetriever
print(FocusRetriever(graph, k=1).retrieve("fox")[0].node_id)
print(asyncio.run(FocusRetriever(graph, k=1).aretrieve("fox"))[0].node_id)
"""
CONNECTING = "import socket; socket.create_connection(('127.0.0.1', 9))"


def fresh(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", REACHING + code], capture_output=True, text=True, check=False
    )


def test_no_network_is_reached() -> None:
    done = fresh(ASKING)
    assert done.stdout.split() == ["fox"] * 4, done.stderr
    assert done.returncode == 0


def test_a_connection_would_be_heard() -> None:
    done = fresh(CONNECTING)
    assert done.returncode == 1
    assert done.stderr.startswith("socket.getaddrinfo")


def test_every_option_is_taken() -> None:
    verify_options(OPTIONS)
    one = {"k": 2, "context": ["fox"], "why": True}
    assert next(found.metadata["why"] for found in passages(animals(), "river", one)) == "bridge"
    with pytest.raises(ParameterError, match="no option 'cursor'"):
        passages(animals(), "river", {"cursor": ""})
