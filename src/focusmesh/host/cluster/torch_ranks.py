"""Ranks by torch.distributed: gloo between processes and machines, NCCL between cards."""

from __future__ import annotations

import os
import socket
import sys
import time
from contextlib import contextmanager, suppress
from datetime import timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np

from focusmesh.errors import MissingExtraError, RankError
from focusmesh.host.cluster.heartbeat import Beat

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from focusmesh.engine.support.arrays import FloatArray

LOOPBACK = "127.0.0.1"
_LOOPBACK_INTERFACE = "lo0" if sys.platform == "darwin" else "lo"
SECONDS = 300.0
"""How long a rank waits for the others."""


def torch() -> Any:
    """PyTorch; raises MissingExtraError without it."""
    try:
        import torch
    except ImportError as error:
        raise MissingExtraError("ml", "ranks of a cluster") from error
    return torch


class Meeting:
    """A port at ``host`` that this process listens on until the others have come: ``tcp://HOST:PORT``."""

    def __init__(self, host: str = LOOPBACK, port: int = 0) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.create_server((host, port), family=family)
        self.address = f"tcp://{_bracket(host)}:{self.socket.getsockname()[1]}"


@contextmanager
def joined_group(
    rank: int,
    size: int,
    address: str | Meeting,
    seconds: float = SECONDS,
    *,
    cards: bool = False,
) -> Iterator[TorchRanks]:
    """This process as rank ``rank`` of ``size``, which meet at ``address``.

    That is ``tcp://HOST:PORT``, where rank 0 listens (its ``Meeting`` where it does already), or ``env://`` for what
    torchrun tells. At a loopback address nothing listens beyond it. With ``cards``, arrays of this process's card go by
    NCCL. Raises RankError where not all come within ``seconds``, and later where one does not answer for so long.
    """
    distributed = torch().distributed
    named: dict[str, Any] = {
        "rank": rank,
        "world_size": size,
        "timeout": timedelta(seconds=seconds),
    }
    backend = "cpu:gloo,cuda:nccl" if cards else "gloo"
    try:
        if address == "env://":
            distributed.init_process_group(backend, init_method=address, **named)
            store = distributed.distributed_c10d._get_default_store()
        else:
            store = _store(rank, size, address, seconds)
            distributed.init_process_group(backend, store=store, **named)
    except (RuntimeError, ValueError, OSError) as error:
        where = address.address if isinstance(address, Meeting) else address
        raise RankError(
            f"rank {rank} of {size} did not find the others at {where} within {seconds:g} s: {error}"
        ) from error
    ranks = TorchRanks(rank, size, store)
    try:
        yield ranks
    finally:
        ranks.end()
        with suppress(RuntimeError):
            distributed.destroy_process_group()


def _store(rank: int, size: int, address: str | Meeting, seconds: float) -> Any:
    """Where ranks find each other, on the address alone."""
    met = address
    if isinstance(met, str) and rank == 0:
        place = urlsplit(met)
        met = Meeting(place.hostname or LOOPBACK, place.port or 0)
    place = urlsplit(met.address if isinstance(met, Meeting) else met)
    host, port = place.hostname or LOOPBACK, place.port or 0
    if ip_address(socket.gethostbyname(host) if ":" not in host else host).is_loopback:
        os.environ.setdefault("GLOO_SOCKET_IFNAME", _LOOPBACK_INTERFACE)
    options: dict[str, Any] = {"wait_for_workers": False, "timeout": timedelta(seconds=seconds)}
    if isinstance(met, Meeting):
        options |= {"master_listen_fd": met.socket.detach(), "use_libuv": False}
    return torch().distributed.TCPStore(host, port, size, rank == 0, **options)


def _bracket(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def torchrun_place() -> tuple[int, int, int] | None:
    """Rank, size, and rank on this machine, as ``torchrun`` told them; None where it did not."""
    told = [os.environ.get(name) for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK")]
    if None in told or "MASTER_ADDR" not in os.environ:
        return None
    rank, size, local = (int(value) for value in told if value is not None)
    return rank, size, local


class TorchRanks:
    """A process of a group of torch.distributed, for arrays of NumPy and of CuPy. See ``Ranks``."""

    def __init__(self, rank: int, size: int, store: Any = None) -> None:
        self.rank, self.size, self.bytes, self.waited = rank, size, 0, 0.0
        self._torch = torch()
        self._distributed = distributed = self._torch.distributed
        self.done = 0
        self._beat = None if store is None or size == 1 else Beat(self, store)
        # The name that PyTorch gives it from 2.12 on, and the one before.
        named = "all_gather_single", "all_gather_into_tensor"
        self._all_gather = next(
            getattr(distributed, name) for name in named if hasattr(distributed, name)
        )

    def swap(self, parcels: Sequence[Any]) -> list[Any]:
        lengths = np.array([len(parcel) for parcel in parcels], dtype=np.int64)
        due = np.zeros_like(lengths)
        self._exchange(lengths, [1] * self.size, due, [1] * self.size).wait()
        xp = _module(parcels[0])
        room = xp.empty(int(due.sum()), dtype=parcels[0].dtype)
        self.post(xp.concatenate(parcels), lengths.tolist(), room, due.tolist()).wait()
        ends = np.cumsum(due).tolist()
        return [room[end - count : end] for end, count in zip(ends, due.tolist(), strict=True)]

    def post(self, sent: Any, lengths: Sequence[int], into: Any, due: Sequence[int]) -> Any:
        others = sum(lengths) - lengths[self.rank]
        self.bytes += others * sent.dtype.itemsize
        return self._exchange(sent, lengths, into, due)

    def gather(self, values: FloatArray) -> list[FloatArray]:
        own = np.ascontiguousarray(values, dtype=np.float64)
        found = np.empty(self.size * len(own))
        with self.translate_errors():
            self._all_gather(self._torch.from_numpy(found), self._torch.from_numpy(own))
        return list(found.reshape(self.size, -1))

    def card_totals(self, totals: Any) -> Any:
        """The sum over all ranks, in their order, of a float64 vector of the card."""
        found = _module(totals).empty(self.size * len(totals))
        with self.translate_errors():
            self._all_gather(self._card(found), self._card(totals))
        return found.reshape(self.size, -1).sum(axis=0)

    def _exchange(self, sent: Any, lengths: Sequence[int], into: Any, due: Sequence[int]) -> _Work:
        width = sent.dtype.itemsize
        tensors = self._bytes(into), self._bytes(sent)
        splits = [width * count for count in due], [width * count for count in lengths]
        with self.translate_errors():
            work = self._distributed.all_to_all_single(*tensors, *splits, async_op=True)
        return _Work(self, work, (sent, into))

    def _bytes(self, values: Any) -> Any:
        """An array as a tensor of bytes."""
        if isinstance(values, np.ndarray):
            return self._torch.from_numpy(values.view(np.uint8))
        return self._card(values.view(np.uint8))

    def _card(self, values: Any) -> Any:
        """An array of the card as a tensor of the same memory."""
        return self._torch.as_tensor(values, device="cuda")

    def end(self) -> None:
        """Nobody is told of this rank any more."""
        if self._beat is not None:
            self._beat.stop()

    @contextmanager
    def translate_errors(self) -> Iterator[None]:
        """Errors of the group as ones that say who waited."""
        begun = time.perf_counter()
        try:
            yield
            self.done += 1
        except RuntimeError as error:
            blamed = "" if self._beat is None else self._beat.blame()
            raise RankError(
                f"rank {self.rank} of {self.size}: {blamed or 'another rank has ended or is not heard of'} "
                f"({str(error).splitlines()[0]:.200})"
            ) from error
        finally:
            self.waited += time.perf_counter() - begun


class _Work:
    """A collective that is under way; keeps its arrays until it is over."""

    def __init__(self, ranks: TorchRanks, work: Any, arrays: tuple[Any, ...]) -> None:
        self._ranks, self._work, self._arrays = ranks, work, arrays

    def wait(self) -> None:
        with self._ranks.translate_errors():
            self._work.wait()
        self._arrays = ()


def _module(values: Any) -> Any:
    """NumPy or CuPy, whose array it is."""
    if isinstance(values, np.ndarray):
        return np
    import cupy

    return cupy
