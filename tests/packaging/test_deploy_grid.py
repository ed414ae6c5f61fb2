"""The grid on servers: the commands of the composition run as processes, beside a real PostgreSQL and a real Redis."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.host.persistence import open_fanout
from focusmesh.interface.server.process import wait_for
from tests.host.persistence.servers import (
    PASSWORD,
    SECONDS,
    free_port,
    postgres_programs,
    postgres_running,
    redis_program,
)
from tests.interface.cli.conftest import PROGRAM
from tests.tidy.tree import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.conftest import Needs

FILE = ROOT / "deploy" / "compose-grid.yaml"
SECRETS = {
    "FOCUSMESH_GRID_PASSWORD": PASSWORD,
    "FOCUSMESH_GRID_FANOUT_PASSWORD": "another-password",
    "FOCUSMESH_GRID_SECRET": "0123456789abcdef" * 2,
}
LIMIT_BYTES = 2 * 10**9


@pytest.fixture
def composition(needs: Needs) -> dict[str, Any]:
    """The file, its anchors in their places."""
    found: dict[str, Any] = needs("yaml").safe_load(FILE.read_text(encoding="utf-8"))
    return found


def test_what_it_may_take_is_little(composition: dict[str, Any]) -> None:
    limits = {
        name: service["deploy"]["resources"]["limits"]
        for name, service in composition["services"].items()
    }
    units = {"M": 2**20, "G": 2**30}
    running = {name: limit for name, limit in limits.items() if name != "make"}
    sizes = [int(limit["memory"][:-1]) * units[limit["memory"][-1]] for limit in running.values()]
    assert set(running) == {"api", "web", "ws", "postgres", "redis"}
    assert sum(sizes) < LIMIT_BYTES
    assert [float(limits[name]["cpus"]) for name in ("api", "web", "ws")] == [1.0, 0.5, 0.5]


def test_no_secret_stands_in_it(composition: dict[str, Any]) -> None:
    assert {each["environment"] for each in composition["secrets"].values()} == set(SECRETS)
    for service in composition["services"].values():
        for name, value in service.get("environment", {}).items():
            assert not re.search("PASSWORD|SECRET", name) or value.startswith("/run/secrets/")
        asked = set(service.get("secrets", ()))
        assert asked <= set(composition["secrets"])
    # What signs for the cubes is with who keeps the grid alone.
    holders = [n for n, s in composition["services"].items() if "cubes_secret" in s["secrets"]]
    assert holders == ["api"]
    assert all(
        port.startswith("127.0.0.1:")
        for service in composition["services"].values()
        for port in service.get("ports", ())
    )


class Here:
    """What the composition names, as it is on this machine."""

    def __init__(
        self, composition: Mapping[str, Any], folder: Path, places: dict[str, str]
    ) -> None:
        self.services = composition["services"]
        self.places = {"/run/secrets": str(folder), "$$": "$", **places}
        for name, source in composition["secrets"].items():
            (folder / name).write_text(SECRETS[source["environment"]], encoding="utf-8")

    def text(self, there: str) -> str:
        for name, here in self.places.items():
            there = there.replace(name, here)
        return there

    def environment(self, name: str) -> dict[str, str]:
        said = self.services[name].get("environment", {})
        kept = {key: value for key, value in os.environ.items() if key not in SECRETS}
        # Compiled loops are in this machine's own cache already.
        own = {key: self.text(value) for key, value in said.items() if key != "NUMBA_CACHE_DIR"}
        return kept | own

    @contextmanager
    def served(self, name: str) -> Iterator[str]:
        """One of our servers, at a port of its own; at last it is ended, and ends well."""
        port = free_port()
        command = [self.text(word) for word in self.services[name]["command"]]
        environment = self.environment(name) | {"FOCUSMESH_SERVE_PORT": str(port)}
        process = subprocess.Popen([*PROGRAM, *command], env=environment, stderr=subprocess.PIPE)
        try:
            wait_for(f"http://127.0.0.1:{port}", 2 * SECONDS)
            yield f"http://127.0.0.1:{port}"
            process.send_signal(signal.SIGTERM)
            _, told = process.communicate(timeout=2 * SECONDS)
            assert process.returncode == 0, told.decode()
        finally:
            process.kill()
            process.wait(SECONDS)


@contextmanager
def redis(here: Here, port: int) -> Iterator[None]:
    """The server as its service starts it."""
    (script,) = here.services["redis"]["command"]
    command = here.text(script).replace("maxmemory", f"port {port}\nbind 127.0.0.1\nmaxmemory")
    process = subprocess.Popen(["sh", "-c", command], stdout=subprocess.DEVNULL)
    try:
        end = time.monotonic() + SECONDS
        with socket.socket() as probe:
            while probe.connect_ex(("127.0.0.1", port)) and time.monotonic() < end:
                time.sleep(0.05)
        shown = subprocess.run(
            ["ps", "-o", "args", "-p", str(process.pid)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert SECRETS["FOCUSMESH_GRID_FANOUT_PASSWORD"] not in shown.stdout
        yield
    finally:
        # The server itself is what is told to end, not a shell before it.
        process.terminate()
        process.wait(SECONDS)
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0


def asked(address: str, body: object = None) -> tuple[int, Any]:
    """Status and JSON of an answer."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address, data, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_its_commands_run_as_processes(
    composition: dict[str, Any], tmp_path: Path, needs: Needs
) -> None:
    needs("pg8000")
    needs("redis")
    if postgres_programs() is None or redis_program() is None or shutil.which("ps") is None:
        pytest.skip("programs missing: PostgreSQL, redis-server or ps")
    place = tmp_path / "secrets"
    place.mkdir()
    (tmp_path / "postgres").mkdir()
    redis_port = free_port()
    with ExitStack() as stack:
        server = stack.enter_context(postgres_running(tmp_path / "postgres"))
        places = {
            "postgres:5432": f"127.0.0.1:{server.port}",
            "redis:6379": f"127.0.0.1:{redis_port}",
        }
        here = Here(composition, place, places)
        stack.enter_context(redis(here, redis_port))
        make(here)
        make(here)
        ports = {name: here.services[name].pop("ports") for name in ("web", "ws")}
        assert here.services["web"] == here.services["ws"], ports
        api, web = (stack.enter_context(here.served(name)) for name in ("api", "web"))
        heard: list[bytes | None] = []
        password = place / "fanout_password"
        fanout = open_fanout(f"redis://127.0.0.1:{redis_port}", password_file=password)
        stack.callback(fanout.close)
        fanout.subscribe("grid", heard.append)
        set_to = {"x": 3, "y": 4, "z": 5, "value": 0.25}
        assert asked(f"{api}/v1/grid/value", set_to)[0] == 200
        status, block = asked(f"{web}/v1/grid/value?x=3&y=4&z=5")
        assert (status, block["value"]) == (200, 0.25)
        status, refused = asked(f"{web}/v1/grid/value", set_to)
        assert (status, refused["code"]) == (409, "owner")
        assert asked(f"{web}/v1/grid/stats")[1]["can_write"] is False
        end = time.monotonic() + SECONDS
        while not heard and time.monotonic() < end:
            time.sleep(0.02)
        assert json.loads(heard[0] or b"{}")["operation"] == "value"


def make(here: Here) -> None:
    """The service that makes the grid, and leaves one alone that is there."""
    (script,) = here.services["make"]["command"]
    program = " ".join(map(shlex.quote, PROGRAM))
    command = here.text(script).replace("focusmesh grid", f"{program} grid")
    done = subprocess.run(
        ["sh", "-c", command],
        env=here.environment("make"),
        capture_output=True,
        text=True,
        timeout=2 * SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
