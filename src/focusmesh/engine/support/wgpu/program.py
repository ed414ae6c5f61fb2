"""A WGSL program: its kernels, compiled for a device, buffers there, and launches."""

from __future__ import annotations

import struct
import threading
import weakref
from functools import update_wrapper
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeAlias, TypeVar

import numpy as np

from focusmesh.errors import CardError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import numpy.typing as npt

Array: TypeAlias = "npt.NDArray[Any]"

P = ParamSpec("P")
T = TypeVar("T")

THREADS = 256
"""Threads of a workgroup: what every WebGPU device offers."""
_GROUPS_ACROSS = 65_535
_SLOT_BYTES = 256
_SLOTS = 1024
_STORAGE, _UNIFORM, _COPIED_FROM, _COPIED_TO = 0x80, 0x40, 0x4, 0x8
_COMPUTE = 0x4
_WRITTEN_BYTES = 1 << 26
_HALF = 32

Step: TypeAlias = "tuple[Launch, int, tuple[float, ...]]"
"""A launch, how many threads it needs, and the numbers that its kernel takes (int: u32 or i32, float: f32)."""


def halves(value: int) -> tuple[int, int]:
    """A number of 64 bits as a kernel takes it."""
    return value & (2**_HALF - 1), value >> _HALF


class Buffer:
    """``count`` entries of a NumPy type on the device, zeros at first."""

    def __init__(self, raw: Any, kind: npt.DTypeLike, count: int) -> None:
        self.raw, self.kind, self.count = raw, np.dtype(kind), count


class Launch:
    """A kernel with the buffers that it works on."""

    def __init__(self, kernel: Kernel, group: Any, buffers: Sequence[Buffer]) -> None:
        self.kernel, self.group, self.buffers = kernel, group, buffers


class Kernel:
    """A pipeline, and the layout of its buffers."""

    def __init__(self, pipeline: Any, layout: Any) -> None:
        self.pipeline, self.layout = pipeline, layout


def _one_at_a_time(
    method: Callable[Concatenate[Program, P], T],
) -> Callable[Concatenate[Program, P], T]:
    """Threads share the queue of the device, and the room for the numbers of what waits in it."""

    def alone(program: Program, /, *args: P.args, **named: P.kwargs) -> T:
        with program.lock:
            return method(program, *args, **named)

    update_wrapper(alone, method)
    return alone


class Program:
    """The kernels by name, on one device, of which buffers hold ``held_bytes``, and held ``most_bytes`` at most.

    ``source`` gives the text of a kernel.

    Threads may use it together: each call waits for the others', and launches go off in the order they were told in.
    """

    def __init__(self, device: Any, source: Callable[[str], str], threads: int = THREADS) -> None:
        self.device, self.threads = device, threads
        self._source = source
        self._kernels: dict[str, Kernel] = {}
        self._waiting: list[Step] = []
        self.lock = threading.RLock()
        self.held_bytes = self.most_bytes = 0
        self._arena = device.create_buffer(size=_SLOTS * _SLOT_BYTES, usage=_UNIFORM | _COPIED_TO)
        self._numbers_layout = device.create_bind_group_layout(
            entries=[_entry(0, "uniform", dynamic=True)]
        )
        numbers = {"buffer": self._arena, "offset": 0, "size": _SLOT_BYTES}
        self._numbers = device.create_bind_group(
            layout=self._numbers_layout, entries=[{"binding": 0, "resource": numbers}]
        )

    @property
    def binding_bytes(self) -> int:
        """The largest buffer that a kernel may work on."""
        limits = self.device.limits
        return int(min(limits["max-storage-buffer-binding-size"], limits["max-buffer-size"]))

    @_one_at_a_time
    def zeros(self, count: int, kind: npt.DTypeLike) -> Buffer:
        """Raises CardError where a kernel could not work on so much, or there is no memory."""
        return self._make_buffer(count, kind)

    @_one_at_a_time
    def hold(self, values: Array) -> Buffer:
        """An array of the host on the device; the last axis is of the same entry."""
        held = self._make_buffer(len(values), np.dtype((values.dtype, values.shape[1:])))
        flat = np.ascontiguousarray(values).reshape(-1).view(np.uint8)
        for first in range(0, len(flat), _WRITTEN_BYTES):
            part = flat[first : first + _WRITTEN_BYTES]
            self.device.queue.write_buffer(held.raw, first, part)
        return held

    @_one_at_a_time
    def write(self, buffer: Buffer, values: Array) -> None:
        """Overwrites a buffer from its beginning."""
        self._finish()
        self.device.queue.write_buffer(buffer.raw, 0, np.ascontiguousarray(values))

    @_one_at_a_time
    def copy(self, source: Buffer, target: Buffer) -> None:
        """Makes ``target`` what ``source`` is, which is of the same size."""
        self._finish()
        encoder = self.device.create_command_encoder()
        encoder.copy_buffer_to_buffer(source.raw, 0, target.raw, 0, source.raw.size)
        self.device.queue.submit([encoder.finish()])

    @_one_at_a_time
    def clear(self, buffer: Buffer) -> None:
        """Fills a buffer with zeros."""
        self._finish()
        encoder = self.device.create_command_encoder()
        encoder.clear_buffer(buffer.raw)
        self.device.queue.submit([encoder.finish()])

    @_one_at_a_time
    def read(self, buffer: Buffer, count: int | None = None, first: int = 0) -> Array:
        """So many entries of a buffer from ``first`` on, or all of them, on the host."""
        count = buffer.count - first if count is None else count
        if not count:
            return np.zeros(0, buffer.kind)
        self._finish()
        size = buffer.kind.itemsize
        raw = self.device.queue.read_buffer(buffer.raw, first * size, count * size)
        base, shape = buffer.kind.base, (count, *buffer.kind.shape)
        return np.frombuffer(raw, base).reshape(shape)

    @_one_at_a_time
    def launch(self, kernel: str, *buffers: Buffer) -> Launch:
        """``kernel`` on these buffers, in the order of its bindings."""
        if kernel not in self._kernels:
            self._kernels[kernel] = self.compile_kernel(kernel, self._source(kernel))
        made = self._kernels[kernel]
        entries = [
            {
                "binding": at,
                "resource": {"buffer": buffer.raw, "offset": 0, "size": buffer.raw.size},
            }
            for at, buffer in enumerate(buffers)
        ]
        return Launch(
            made, self.device.create_bind_group(layout=made.layout, entries=entries), buffers
        )

    @_one_at_a_time
    def run(self, steps: Iterable[Step]) -> None:
        """Launches one step after the other: at the latest when something is read or written next."""
        self._waiting += steps

    def _finish(self) -> None:
        """Sends off what waits, all at once: each sending takes longer than a small sweep."""
        waiting, self._waiting = self._waiting, []
        for first in range(0, len(waiting), _SLOTS):
            self._submit(waiting[first : first + _SLOTS])

    def _submit(self, steps: Sequence[Step]) -> None:
        packed = bytearray(len(steps) * _SLOT_BYTES)
        encoder = self.device.create_command_encoder()
        work = encoder.begin_compute_pass()
        for at, (launch, threads, numbers) in enumerate(steps):
            _pack(numbers, packed, at * _SLOT_BYTES)
            work.set_pipeline(launch.kernel.pipeline)
            work.set_bind_group(0, launch.group)
            work.set_bind_group(1, self._numbers, [at * _SLOT_BYTES])
            groups = max(1, -(-threads // self.threads))
            across = min(groups, _GROUPS_ACROSS)
            work.dispatch_workgroups(across, -(-groups // across))
        work.end()
        self.device.queue.write_buffer(self._arena, 0, packed)
        self.device.queue.submit([encoder.finish()])

    def _make_buffer(self, count: int, kind: npt.DTypeLike) -> Buffer:
        size = max(count, 1) * np.dtype(kind).itemsize
        if size > self.binding_bytes:
            raise CardError(
                f"one array has {size / 2**30:.2f} GiB, and a kernel on this device may work on "
                f'{self.binding_bytes / 2**30:.2f} GiB at most; choose backend="cpu"'
            )
        usage = _STORAGE | _COPIED_FROM | _COPIED_TO
        try:
            raw = self.device.create_buffer(size=-(-size // 4) * 4, usage=usage)
        except MemoryError as error:
            raise CardError(
                f"the device has no {size / 2**30:.2f} GiB left: {error}; "
                'choose backend="cpu", or free memory there'
            ) from error
        made = Buffer(raw, kind, count)
        self.held_bytes += raw.size
        self.most_bytes = max(self.most_bytes, self.held_bytes)
        weakref.finalize(made, self._release, raw.size)
        return made

    def _release(self, size: int) -> None:
        self.held_bytes -= size

    def compile_kernel(self, name: str, text: str) -> Kernel:
        """A kernel of that text: entry point ``main``, buffers in group 0 in order, its numbers in group 1."""
        lines = [line for line in text.splitlines() if line.startswith("@group(0)")]
        entries = [
            _entry(at, "storage" if "read_write" in line else "read-only-storage")
            for at, line in enumerate(lines)
        ]
        layout = self.device.create_bind_group_layout(entries=entries)
        whole = self.device.create_pipeline_layout(
            bind_group_layouts=[layout, self._numbers_layout]
        )
        module = self.device.create_shader_module(
            label=name, code=f"const THREADS = {self.threads}u;\n{text}"
        )
        pipeline = self.device.create_compute_pipeline(
            layout=whole, compute={"module": module, "entry_point": "main"}
        )
        return Kernel(pipeline, layout)


def _pack(numbers: Sequence[Any], packed: bytearray, at: int) -> None:
    """The numbers of a launch as its kernel reads them; whole ones may be negative."""
    kinds = "".join("I" if isinstance(number, int) else "f" for number in numbers)
    held = [number % 2**_HALF if isinstance(number, int) else number for number in numbers]
    struct.pack_into(f"<{kinds}", packed, at, *held)


def _entry(binding: int, kind: str, *, dynamic: bool = False) -> dict[str, Any]:
    layout = {"type": kind, "has_dynamic_offset": dynamic}
    return {"binding": binding, "visibility": _COMPUTE, "buffer": layout}
