"""Where a localnet lies: its plan, what is wished of it, what runs, its keys, ledgers and logs, all in one folder."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

from focusmesh.errors import FileError, ParameterError
from focusmesh.host.storage import Folder

Agreement: TypeAlias = Literal["solo", "quorum", "snowman"]
HOST = "127.0.0.1"
NODES_MAX = 16
USER = "user"
"""The name of the key that is neither a validator's nor a block maker's, and has stake to link with."""
_ENTRIES = (
    *("plan.json", "wishes.json", "wishes.lock", "state.json", "supervisor.lock", "passphrase"),
    *("links.csv", "keys", "logs", "nodes", "voters", "drills", "unfinished"),
)


class NodePlan(msgspec.Struct, frozen=True, kw_only=True):
    """One node: its key as peers know it, its key for votes or blocks if it has one, and its three ports.

    It listens for peers at ``quic``, which nobody else knows: others are told ``relay``, and what comes there is passed
    on, unless the node is cut off. ``http`` is where its ledger is served.
    """

    name: str
    key: str
    votes: bool
    quic: int
    relay: int
    http: int

    @property
    def url(self) -> str:
        """Its public API."""
        return f"http://{HOST}:{self.http}"

    @property
    def contact(self) -> str:
        """What others dial."""
        return f"{self.key}@{HOST}:{self.relay}"


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a localnet consists of. ``network`` is its id in hexadecimal."""

    agreement: Agreement
    network: str
    links: int
    supply: int
    nodes: tuple[NodePlan, ...]

    def node(self, name: str) -> NodePlan:
        """The node called ``name``; its number will do. Raises ParameterError with the names that there are."""
        for node in self.nodes:
            if name in (node.name, node.name.rpartition("-")[2]):
                return node
        names = ", ".join(node.name for node in self.nodes)
        raise ParameterError(f"there is no node {name[:40]!r} in this network; there are {names}")


@dataclass(frozen=True, slots=True)
class NetFolder:
    """The folder of a localnet."""

    path: Path

    @classmethod
    def existing(cls, where: str | Path) -> NetFolder:
        """Raises FileError where there is none."""
        found = cls(Path(where).absolute())
        if not found.plan_file.is_file():
            raise FileError(
                f"{where}: there is no localnet here; `focusmesh localnet up` makes one"
            )
        return found

    @property
    def plan_file(self) -> Path:
        """The plan; where it is, the localnet was made."""
        return self.path / "plan.json"

    @property
    def wishes_file(self) -> Path:
        """How everything shall be."""
        return self.path / "wishes.json"

    @property
    def state_file(self) -> Path:
        """What the supervisor runs."""
        return self.path / "state.json"

    @property
    def lock(self) -> Path:
        """Held by the supervisor."""
        return self.path / "supervisor.lock"

    @property
    def keys(self) -> Path:
        """The keystore of who uses the network; its keys open with ``passphrase``."""
        return self.path / "keys"

    @property
    def passphrase(self) -> Path:
        """A file with the passphrase of all keys in here."""
        return self.path / "passphrase"

    @property
    def logs(self) -> Path:
        """A file a process."""
        return self.path / "logs"

    @property
    def unfinished_mark(self) -> Path:
        """Is there while the network is being made."""
        return self.path / "unfinished"

    def log(self, part: str) -> Path:
        """What a process said."""
        return self.logs / f"{part}.log"

    def ledger(self, name: str) -> Folder:
        """A node's ledger."""
        return Folder(self.path / "nodes" / name)

    def validator_keys(self, name: str) -> Path:
        """The keystore of a node: it has the node's key for votes or blocks, or nothing."""
        return self.path / "voters" / name

    def drill(self, name: str) -> Path:
        """The faults of a node's own world."""
        return self.path / "drills" / f"{name}.json"

    def plan(self) -> Plan:
        """Raises FileError where it cannot be read."""
        try:
            return msgspec.json.decode(self.plan_file.read_bytes(), type=Plan)
        except (OSError, msgspec.DecodeError) as error:
            raise FileError(f"{self.plan_file}: cannot be read: {error}") from error

    def keep_plan(self, plan: Plan) -> None:
        """Writes it, whole or not at all."""
        write_whole(self.plan_file, msgspec.json.format(msgspec.json.encode(plan)))

    def remove(self) -> None:
        """Deletes all that is a localnet's; the folder itself stays where there is something else in it.

        Does nothing where no localnet is, nor was being made.
        """
        from shutil import rmtree

        if not (self.plan_file.is_file() or self.unfinished_mark.is_file()):
            return
        for name in _ENTRIES:
            entry = self.path / name
            if entry.is_dir():
                rmtree(entry, ignore_errors=True)
            else:
                entry.unlink(missing_ok=True)
        if self.path.is_dir() and not any(self.path.iterdir()):
            self.path.rmdir()


def write_whole(path: Path, data: bytes) -> None:
    """Replaces a small file; who reads it sees the old one or the new one."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_bytes(data)
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise FileError(f"cannot write {path}: {error.strerror}") from error
