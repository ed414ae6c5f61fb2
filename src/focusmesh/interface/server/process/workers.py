"""The processes of a server: workers that answer, and one around them, which makes blocks if it is told to."""

from __future__ import annotations

import atexit
import json
import logging.config
import multiprocessing
import os
import signal
import socket
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from focusmesh.errors import FileError, MissingExtraError, ParameterError
from focusmesh.host.service import Service
from focusmesh.host.settings import NO_PORT
from focusmesh.interface.server.admission import Proxies
from focusmesh.interface.server.http import is_loopback
from focusmesh.interface.server.process.logs import log_config
from focusmesh.interface.server.process.sd_notify import supervisor
from focusmesh.interface.server.process.shutdown import Ending, end_with_parent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from focusmesh.engine.focus import FocusParams
    from focusmesh.host.grid import GridService
    from focusmesh.host.keys import Keyring
    from focusmesh.host.settings import Settings
    from focusmesh.interface.server.process.sd_notify import Supervisor
    from focusmesh.kernel.block import Inclusion

_SECONDS_BETWEEN_LOOKS = 0.05
_SECONDS_BETWEEN_PAUSES = 0.5
_HEALTH_SECONDS = 2.0


@dataclass(frozen=True)
class Served:
    """What a worker needs to know. It travels to the workers through a pipe of theirs."""

    path: str
    settings: Settings
    params: FocusParams
    reading: Mapping[str, Any] = field(default_factory=dict)
    receipts_key: tuple[str | None, str, str] | None = field(default=None, repr=False)
    """The keystore's folder, the key's name and its passphrase."""
    graph_of_grid: Path | None = None
    """``path``, where that is the graph of the grid's own cubes, which is to follow them."""

    def open(self, shared: Path) -> Service:
        """The service; raises FileError where there is nothing to serve."""
        return Service.open(
            self.path,
            params=self.params,
            tolerance=self.settings.operator.tolerance,
            keyring=self._keyring(),
            shelf=shared,
            reading=self.reading,
            writes=self.settings.serve.writes,
        )

    def open_grid(self) -> GridService | None:
        """The grid that is served beside it, which this process keeps from now on; None without one.

        Raises FileError, StoreBusyError where another process keeps it, GridError, MissingExtraError.
        """
        if not self.settings.grid.store:
            return None
        from focusmesh.host.grid import GridService, open_grid
        from focusmesh.host.persistence import open_fanout

        grid = self.settings.grid
        kept = open_grid(grid)
        try:
            fanout = open_fanout(grid.fanout, password_file=grid.fanout_password_file or None)
        except BaseException:
            kept.close()
            raise
        return GridService(
            kept,
            save_seconds=grid.save_seconds,
            name=_last(grid.store),
            fanout=fanout,
            graph=self.graph_of_grid,
        )

    def _keyring(self) -> Keyring | None:
        if self.receipts_key is None:
            return None
        from focusmesh.host.keys import Keyring, Keystore

        folder, name, passphrase = self.receipts_key
        return Keyring(Keystore.at(folder, os.environ), name, lambda _: passphrase)


def serve(served: Served, tell: Callable[[str], None], node: NodeKeys | None = None) -> None:
    """Serves until SIGINT or SIGTERM; running answers are given time to end. Called in the main thread, once a process.

    ``tell`` is told where, as soon as it answers. ``node`` has what it takes to make the ledger's blocks as well.
    Raises FileError for what cannot be read and an address that cannot be listened at, ParameterError for settings
    that do not go together, MissingExtraError.
    """
    granian = _granian()
    verify_access(served.settings)
    served, besides = _with_grpc(served)
    settings = served.settings
    port = free_port(settings.serve.host, settings.serve.port)
    url = f"http://{_host_in_url(settings.serve.host)}:{port}"
    logging.config.dictConfig(log_config(settings.serve.log))
    with tempfile.TemporaryDirectory(prefix="focusmesh-serve-") as folder, ExitStack() as opened:
        shared = Path(folder)
        what = _first_look(served, shared)
        failed = opened.enter_context(_making_blocks(served, node)) if node else []
        multiprocessing.set_start_method("spawn", force=True)
        server = granian(
            "focusmesh",
            address=settings.serve.host,
            port=port,
            interface="asgi",
            workers=settings.serve.workers,
            websockets=True,
            http="1",
            http1_settings=_http_settings(settings),
            log_dictconfig=log_config(settings.serve.log),
            log_level="warning",
            workers_kill_timeout=max(1, round(settings.serve.grace_seconds)),
            respawn_failed_workers=True,
        )
        ending, watching = Ending(), supervisor()
        opened.callback(watching.ending)
        _end_gently(server, ending)
        words = f"serving {what}, at {url}{besides}"
        Thread(target=_tell_when_up, args=(url, words, tell, watching), daemon=True).start()
        try:
            server.serve(
                target_loader=partial(_worker, served, shared, ending.theirs), wrap_loader=False
            )
        except SystemExit:
            raise FileError(
                "a worker process ended right after its start; what it printed is above"
            ) from None
    if failed:
        raise failed[0]


@dataclass(frozen=True)
class NodeKeys:
    """Whose keys make the blocks, how far apart they are, and who hears of them."""

    keyring: Keyring
    interval_seconds: float = 0.05
    tell: Callable[[Inclusion], None] = lambda made: None


def verify_access(settings: Settings) -> None:
    """Raises ParameterError where others could ask without a key and nobody said that they may, or two keep a grid.

    So where ``access.proxies`` names no addresses.
    """
    Proxies(settings.access.proxies)
    keeps = settings.grid.store and not settings.grid.follow
    if keeps and settings.serve.workers != 1:
        raise ParameterError(
            "one process keeps a grid: serve it with one worker (serve.workers = 1), or follow it"
        )
    if is_loopback(settings.serve.host) or settings.access.keys or settings.access.anyone:
        return
    raise ParameterError(
        f"others reach {settings.serve.host}: name a file of API keys (access.keys, `focusmesh config key`), "
        "or say that anyone may ask (access.anyone)"
    )


def free_port(host: str, port: int) -> int:
    """``port``, or a free one for 0; raises FileError where it is taken or the address is not this machine's."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
            return int(probe.getsockname()[1])
    except OSError as error:
        raise FileError(f"cannot listen at {host}, port {port}: {error.strerror}") from error


def wait_for(url: str, seconds: float) -> dict[str, Any]:
    """What ``/health`` of a server says, once all is well; raises FileError where that takes longer."""
    until = time.monotonic() + seconds
    last = "it does not answer"
    while True:
        try:
            with urlopen(f"{url.rstrip('/')}/health", timeout=_HEALTH_SECONDS) as answer:
                found: dict[str, Any] = json.load(answer)
                return found
        except HTTPError as error:
            last = f"it is not well: {error.code}"
        except (URLError, OSError, ValueError) as error:
            last = str(getattr(error, "reason", error))
        if time.monotonic() > until:
            raise FileError(f"{url}: {last}")
        time.sleep(_SECONDS_BETWEEN_LOOKS)


class _Waking(Event):
    """An event that is waited for with pauses: a signal that another thread was handed wakes no thread that waits."""

    def wait(self, timeout: float | None = None) -> bool:
        while timeout is None and not super().wait(_SECONDS_BETWEEN_PAUSES):
            pass
        return super().wait(timeout)


def _end_gently(server: Any, ending: Ending) -> None:
    """Has the workers say their last words before they are stopped."""
    server.main_loop_interrupt = _Waking()
    stop = server.signal_handler_interrupt

    def end() -> None:
        ending.announce()
        stop()

    server.signal_handler_interrupt = lambda *_: Thread(target=end).start()


def _worker(served: Served, shared: Path, ending: socket.socket) -> Any:
    """The application, in a worker's process."""
    from focusmesh.interface.server.process.assembly import application
    from focusmesh.interface.server.shared import ApiKeys

    end_with_parent()
    atexit.register(_end)
    path = served.settings.access.keys
    keys = ApiKeys.read(path) if path else None
    grid = served.open_grid()
    return application(served.open(shared), served.settings, keys, shared, ending, grid)


def _end() -> None:
    """Ends the process here: a thread of granian that asks for the interpreter while it goes would abort it."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _first_look(served: Served, shared: Path) -> str:
    """Reads it once, so that what is wrong with it is said here, and leaves its focus for the workers."""
    from focusmesh.errors import BlockError
    from focusmesh.interface.server.shared import ApiKeys

    if served.settings.access.keys:
        ApiKeys.read(served.settings.access.keys)
    with served.open(shared) as service:
        moment = service.moment()
        count = moment.graph.particle_count
        with suppress(BlockError):  # a ledger whose blocks carry no focus yet
            _ = moment.ranks
        height = "" if moment.height is None else f"height {moment.height:,}, "
        where = served.path
        if served.graph_of_grid is not None:
            where = f"the grid {served.settings.grid.store}, and the graph of its cubes"
        words = f"{where}, {height}{count:,} particle{'' if count == 1 else 's'}"
        return words + _look_at_grid(served)


def _look_at_grid(served: Served) -> str:
    # Whoever made the graph of its cubes has just opened it.
    grid = None if served.graph_of_grid else served.open_grid()
    if grid is None:
        return ""
    try:
        found = grid.statistics()
        return f", and the grid {grid.name} of {found.blocks:,} blocks, {found.instances:,} cubes"
    finally:
        grid.close()


def _last(store: str) -> str:
    """The last part of where a grid is kept, which is what readers see of it."""
    return store.rstrip("/").rpartition("/")[2] or "grid"


@contextmanager
def _making_blocks(served: Served, node: NodeKeys) -> Iterator[list[Exception]]:
    """This process as the node of the ledger, in a thread; ends after the workers do. What ended it is in the list."""
    from focusmesh.host.node import finish, review_of, run
    from focusmesh.host.node import node as node_of
    from focusmesh.host.storage import Folder
    from focusmesh.protocol.world import SignaturePool

    failed: list[Exception] = []
    stop = Event()
    with ExitStack() as opened:
        pool = opened.enter_context(SignaturePool(1))
        folder = Folder.existing(served.path)
        producer = opened.enter_context(node_of(folder, node.keyring.proposer, pool, stop))

        def go_on() -> None:
            try:
                review = review_of(folder, producer.chain)
                run(producer, node.interval_seconds, stop, node.tell, review)
                # Nobody leaves signals any more: the workers have ended.
                finish(folder, producer, served.settings.serve.grace_seconds)
            except Exception as error:
                failed.append(error)
                os.kill(os.getpid(), signal.SIGTERM)

        thread = Thread(target=go_on, name="node")
        thread.start()
        try:
            yield failed
        finally:
            stop.set()
            thread.join()


def _with_grpc(served: Served) -> tuple[Served, str]:
    """With the port of gRPC settled, and where that is in words. Raises FileError, MissingExtraError."""
    settings = served.settings
    if settings.grpc.port == NO_PORT:
        return served, ""
    # Here, so that a missing extra is said once and not by every worker.
    from focusmesh.interface.server.grpc import method_types

    method_types()
    host, port = settings.serve.host, free_port(settings.serve.host, settings.grpc.port)
    settled = replace(settings, grpc=replace(settings.grpc, port=port))
    return replace(served, settings=settled), f", gRPC at {_host_in_url(host)}:{port}"


def _tell_when_up(url: str, words: str, tell: Callable[[str], None], watching: Supervisor) -> None:
    until = time.monotonic() + 600
    while time.monotonic() < until:
        if _is_alive(url):
            tell(words)
            watching.ready(lambda: _is_alive(url))
            return
        time.sleep(_SECONDS_BETWEEN_LOOKS)


def _is_alive(url: str) -> bool:
    try:
        with urlopen(f"{url}/health/live", timeout=_HEALTH_SECONDS):
            return True
    except (URLError, OSError):
        return False


def _http_settings(settings: Settings) -> Any:
    from granian.http import HTTP1Settings

    return HTTP1Settings(
        header_read_timeout=round(settings.limits.header_seconds * 1_000),
        max_buffer_size=max(65_536, settings.limits.query_bytes * 2),
    )


def _granian() -> Any:
    try:
        from granian import Granian
    except ImportError as error:
        raise MissingExtraError("serve", "serving over HTTP") from error
    return Granian


def _host_in_url(host: str) -> str:
    """Where to ask a server that listens at ``host``."""
    if host in ("", "0.0.0.0"):
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
