"""The recorder and the images of the crash test, on calls that are written down by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kernel.state.crash.images import Disk, crashes
from tests.kernel.state.crash.recorder import Trace, Write, traced

FOLDER = Path("/own")


def text(data: bytes) -> str:
    return '"' + "".join(f"\\x{byte:02x}" for byte in data) + '"'


def opened(name: str, number: int, flags: str = "O_RDWR|O_CREAT") -> str:
    path = text(str(FOLDER / name).encode() if name else str(FOLDER).encode())
    return f"7 openat(AT_FDCWD, {path}, {flags}, 0644) = {number}"


def trace_of(*calls: str) -> Trace:
    return traced("\n".join(calls), FOLDER, ("a", "b"))


def held(disk: Disk) -> dict[str, bytes]:
    """The files that have their names."""
    return {name: bytes(disk.contents[name]) for name in disk.names}


def disks(trace: Trace) -> list[dict[str, bytes]]:
    return [held(crash.disk) for crash in crashes(trace, 0)]


def test_what_was_not_synced_may_be_there_or_not() -> None:
    trace = trace_of(
        opened("a", 3),
        opened("", 4, "O_RDONLY"),
        "7 fsync(4) = 0",
        f"7 pwrite64(3, {text(b'xy')}, 2, 1) = 2",
        f"7 write(3, {text(b'z')}, 1) = 1",
        "7 fdatasync(3) = 0",
    )
    found = disks(trace)
    assert found[0] == {}
    assert {each["a"] for each in found[1:]} == {b"", b"\0xy", b"z", b"zxy"}


def test_a_sync_is_of_its_own_file() -> None:
    trace = trace_of(
        opened("a", 3),
        opened("b", 5),
        opened("", 4, "O_RDONLY"),
        "7 fsync(4) = 0",
        f"7 pwrite64(3, {text(b'1')}, 1, 0) = 1",
        f"7 pwrite64(5, {text(b'2')}, 1, 0) = 1",
        "7 fdatasync(5) = 0",
        f'7 write(1, {text(b"said")[:-1]}\\x0a", 5) = 5',
    )
    last = trace.boundaries[-1]
    assert last.said == 1
    assert trace.writes[-1] == Write("b", 0, b"2")
    assert last.pending == [Write("a", 0, b"1")]


def test_what_is_written_to_a_synced_file_is_durable_at_once() -> None:
    trace = trace_of(
        opened("a", 3),
        opened("a", 9, "O_RDWR|O_DSYNC"),
        f"7 pwrite64(3, {text(b'1')}, 1, 0) = 1",
        f"7 pwrite64(9, {text(b'2')}, 1, 1) = 1",
    )
    assert trace.writes == [Write("a", 1, b"2")]
    assert Write("a", 0, b"1") in trace.boundaries[-1].pending


def test_a_call_that_another_thread_broke_in_two_is_one() -> None:
    trace = trace_of(
        opened("a", 3),
        f"7 pwritev(3, [{{iov_base={text(b'12')}, iov_len=2}}, <unfinished ...>",
        "8 close(17) = 0",
        f"7 <... pwritev resumed>{{iov_base={text(b'3')}, iov_len=1}}], 2, 5) = 3",
        "7 ftruncate(3, 6) = 0",
    )
    name, *writes = trace.boundaries[-1].pending
    assert name.is_name
    assert writes == [Write("a", 5, b"12"), Write("a", 7, b"3"), Write("a", size=6)]
    assert bytes(Disk().after([name, *writes]).contents["a"]) == bytes(5) + b"1"


def test_a_write_is_torn_between_sectors() -> None:
    trace = trace_of(opened("a", 3), f"7 write(3, {text(b'x' * 1_200)}, 1200) = 1200")
    sizes = {len(crash.disk.contents.get("a", b"")) for crash in crashes(trace, 0)}
    assert sizes == {0, 512, 1_024, 1_200}


@pytest.mark.parametrize(
    "call",
    [
        "7 fallocate(3, 0, 0, 4096) = 0",
        "7 mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_SHARED, 3, 0) = 0x7f00",
        f"7 unlink({text(b'/own/a')}) = 0",
        f"7 rename({text(b'/own/b')}, {text(b'/own/c')}) = 0",
        opened("a", 6, "O_WRONLY|O_TRUNC"),
    ],
)
def test_what_is_not_modelled_ends_the_test(call: str) -> None:
    with pytest.raises(AssertionError, match="is not modelled"):
        trace_of(opened("a", 3), call)
