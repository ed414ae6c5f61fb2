"""What ``demo --source debian`` looks at: the packages that this machine's apt knows, and what they are asked."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from focusmesh.errors import FileError
from focusmesh.interface.cli.demo.stdlib import Question, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

QUESTIONS = (
    Question(
        ("openssh-server",),
        "You install openssh-server. What matters outside of it?",
        "perl",
    ),
    Question(
        ("python3-numpy",),
        "You install python3-numpy. What stands behind it?",
        "libstdc++6",
    ),
)
RULE = Rule(
    "What must be there before python3 works, and before that, and so on?",
    """needs(x) :- link("python3", x, "depends", _, _, _).
needs(y) :- needs(x), link(x, y, "depends", _, _, _).""",
)


@contextmanager
def package_list() -> Iterator[Path]:
    """A file with what ``apt-cache dumpavail`` prints; FileError where there is no apt-cache or it has no lists."""
    program = shutil.which("apt-cache")
    if program is None:
        raise FileError(
            "apt-cache is not here: --source debian needs Debian or a system made from it; "
            "a Packages file from elsewhere is read by: focusmesh rank Packages"
        )
    with tempfile.TemporaryDirectory(prefix="focusmesh-") as folder:
        path = Path(folder, "dumpavail")
        with path.open("wb") as file:
            done = subprocess.run(
                [program, "dumpavail"], stdout=file, stderr=subprocess.PIPE, check=False
            )
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip()
            raise FileError(f"apt-cache dumpavail failed: {said or done.returncode}")
        if not path.stat().st_size:
            raise FileError("apt-cache knows no packages yet: run apt-get update first")
        yield path
