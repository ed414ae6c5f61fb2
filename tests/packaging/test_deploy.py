"""What lies in deploy: the commands of the unit and of the compose file run, with their environment, and end well."""

from __future__ import annotations

import configparser
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from focusmesh.interface.server.process import wait_for
from focusmesh.interface.server.process.workers import free_port
from tests.interface.cli.conftest import PROGRAM
from tests.tidy.tree import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from tests.conftest import Needs, NotRun

DEPLOY = ROOT / "deploy"
SECONDS = 60


@contextmanager
def running(
    arguments: Sequence[str], environment: Mapping[str, str], port: int
) -> Iterator[subprocess.Popen[str]]:
    """A command line of focusmesh, up at a free port; at last it is ended, and ended well."""
    process = subprocess.Popen(
        [*PROGRAM, *arguments],
        env={**os.environ, **environment, "FOCUSMESH_SERVE_PORT": str(port)},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_for(f"http://127.0.0.1:{port}", SECONDS)
        yield process
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=SECONDS)
        assert process.returncode == 0, told
    finally:
        process.kill()


def test_the_composition_runs_as_a_process(tmp_path: Path, needs: Needs) -> None:
    composition = needs("yaml").safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    (service,) = composition["services"].values()
    (tmp_path / "passphrase").write_text("correct horse battery staple\n", encoding="utf-8")
    places = {"/data": str(tmp_path), "/run/secrets": str(tmp_path)}

    def here(text: str) -> str:
        for there, folder in places.items():
            text = text.replace(there, folder)
        return text

    image = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    assert 'CMD ["serve", "/data/ledger", "--new"]' in image
    assert service["command"] == ["serve", "/data/ledger", "--new"]
    environment = {name: here(value) for name, value in service["environment"].items()}
    environment["FOCUSMESH_KEYS"] = str(tmp_path / "keys")
    port = free_port("127.0.0.1", 0)
    with running([here(word) for word in service["command"]], environment, port):
        program, *check = service["healthcheck"]["test"][1:]
        assert program == "focusmesh"
        check = [word.replace("8420", str(port)) for word in check]
        subprocess.run([*PROGRAM, *check], check=True, timeout=SECONDS)
    assert (tmp_path / "ledger" / "store" / "data.mdb").is_file()
    assert set(composition["volumes"]) == {"data"}
    assert composition["secrets"]["passphrase"]["file"] == "passphrase"


def unit() -> configparser.RawConfigParser:
    """The unit; of settings that stand in several lines, all lines."""

    class Lines(dict[str, str]):
        def __setitem__(self, name: str, value: str) -> None:
            known = self.get(name)
            if isinstance(known, list) and isinstance(value, list):
                value = [*known, *value]
            super().__setitem__(name, value)

    found = configparser.RawConfigParser(dict_type=Lines, strict=False)
    found.optionxform = str  # type: ignore[assignment,method-assign]
    found.read(DEPLOY / "focusmesh.service")
    return found


def test_the_unit_runs_as_a_process_and_tells_systemd_how_it_is(tmp_path: Path) -> None:
    service = unit()["Service"]
    (tmp_path / "passphrase").write_text("correct horse battery staple\n", encoding="utf-8")
    config = (DEPLOY / "focusmesh.toml").read_text(encoding="utf-8")
    (tmp_path / "focusmesh.toml").write_text(config, encoding="utf-8")
    places = {"/var/lib/focusmesh": tmp_path, "/etc/focusmesh": tmp_path, "%d": tmp_path}
    listed = service["ExecStart"], *service["Environment"].splitlines()
    command, *pairs = (_moved(line, places) for line in listed)
    program, *arguments = shlex.split(command)
    assert program == "/opt/focusmesh/bin/focusmesh"
    environment = dict(pair.split("=", 1) for pair in pairs if not pair.startswith("HOME="))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(SECONDS)
        environment |= {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "300000"}
        with running(arguments, environment, free_port("127.0.0.1", 0)):
            assert [systemd.recv(100) for _ in range(3)] == [
                b"READY=1",
                b"WATCHDOG=1",
                b"WATCHDOG=1",
            ]
        told = set()
        while b"STOPPING=1" not in told:
            told.add(systemd.recv(100))


def test_systemd_takes_the_unit(tmp_path: Path, not_run: NotRun) -> None:
    verify = shutil.which("systemd-analyze")
    if verify is None:
        not_run("programs missing", "systemd-analyze")
    content = (DEPLOY / "focusmesh.service").read_text(encoding="utf-8")
    there = content.replace("/opt/focusmesh/bin/focusmesh", sys.executable)
    for text, code in ((there, 0), (there.replace("Type=notify", "Type=sometimes"), None)):
        (tmp_path / "focusmesh.service").write_text(text, encoding="utf-8")
        done = subprocess.run(
            [verify, "verify", str(tmp_path / "focusmesh.service")],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        clean = done.returncode == 0 and not done.stderr
        assert clean == (code == 0), done.stderr


def _moved(text: str, places: Mapping[str, Path]) -> str:
    for there, folder in places.items():
        text = text.replace(there, str(folder))
    return text
