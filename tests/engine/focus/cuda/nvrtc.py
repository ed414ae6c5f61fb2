"""NVIDIA's run-time compiler without a card: the wheel ``nvidia-cuda-nvrtc-cu12`` through its C interface."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

PACKAGE = "nvidia-cuda-nvrtc-cu12"


@dataclass(frozen=True)
class Compiled:
    """What came of a source: an empty ``log`` and ``machine_code`` where it is without fault."""

    succeeded: bool
    log: str
    machine_code: bytes


class Compiler:
    """nvrtc of the installed wheel; raises PackageNotFoundError where there is none."""

    def __init__(self) -> None:
        found = [file for file in files(PACKAGE) or () if file.name.startswith("libnvrtc.so")]
        if not found:
            raise PackageNotFoundError(PACKAGE)
        self._library = ctypes.CDLL(str(found[0].locate()))

    def compile(self, source: str, instances: Sequence[str], options: Sequence[str]) -> Compiled:
        """Compiles one source with instances of its templates, as ``RawModule`` does."""
        library, program = self._library, ctypes.c_void_p()
        made = library.nvrtcCreateProgram(
            ctypes.byref(program), source.encode(), b"focus.cu", 0, None, None
        )
        assert made == 0
        try:
            for name in instances:
                assert library.nvrtcAddNameExpression(program, name.encode()) == 0, name
            told = (ctypes.c_char_p * len(options))(*(option.encode() for option in options))
            failed = library.nvrtcCompileProgram(program, len(options), told)
            log = self._text(program, "ProgramLog").rstrip(b"\0").decode()
            code = b"" if failed else self._text(program, "CUBIN")
            return Compiled(not failed, log, code)
        finally:
            library.nvrtcDestroyProgram(ctypes.byref(program))

    def _text(self, program: ctypes.c_void_p, what: str) -> bytes:
        size = ctypes.c_size_t()
        assert getattr(self._library, f"nvrtcGet{what}Size")(program, ctypes.byref(size)) == 0
        room = ctypes.create_string_buffer(size.value)
        assert getattr(self._library, f"nvrtcGet{what}")(program, room) == 0
        return room.raw
