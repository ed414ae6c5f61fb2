"""Reads the code blocks of a Markdown page and runs them, top to bottom, as a reader would.

    ```python    executed, in one namespace a page; lines that begin with >>> are checked against their output
    ```console   lines after "$ " are run by bash, or without it where they are the program and words (forked.py);
                 the others are their output; "..." stands for anything;
                 what "$ export NAME=value" sets stays set for the rest of the page;
                 what runs in the background is ended with the page
    ```sh, bash  not run, and only allowed with a reason: <!-- not run: it installs the package -->
    others       data; <!-- file: edges.csv --> before a block puts it into the page's folder

<!-- unpacked: tests/some.tar.xz as NAME --> before a block puts what is packed there into a folder of the page's.
A reason may stand before a python or console block too. Everything runs in one empty folder a page.
"""

from __future__ import annotations

import doctest
import os
import re
import shlex
import signal
import subprocess
import sys
import tarfile
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from tests.docs.forked import Done, ForkedProgram, is_plain
from tests.effort import add_seconds

RUN = ("python", "pycon", "console")
SHELL = ("sh", "bash", "shell")
OPENING = re.compile(r"^(?P<indent> *)(?P<fence>`{3,}|~{3,}) *\{?(?P<language>[\w+-]*)\}?")
REMARK = re.compile(r"^ *<!-- *(?P<kind>not run|file|unpacked): *(?P<text>.*?) *-->")
ROOT = Path(__file__).parents[2]
SECONDS_MAX = 120
FORKED = ForkedProgram()
"""One for all pages of a session: it begins with the first command, and who runs pages closes it."""


@dataclass(frozen=True)
class Block:
    """One fenced block; ``line`` is that of its first line of text."""

    page: str
    line: int
    language: str
    text: str
    not_run: str = ""
    file: str = ""
    unpacked: str = ""

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"


class SnippetError(AssertionError):
    """A snippet that fails or prints something else than the page says."""


def blocks(page: str, text: str) -> list[Block]:
    """Every fenced block of a page, with the remark that stands right before it."""
    found: list[Block] = []
    remark: dict[str, str] = {}
    lines = iter(enumerate(text.splitlines(), 1))
    for number, line in lines:
        if opening := OPENING.match(line):
            body = []
            for _, inner in lines:
                if inner.strip() == opening["fence"]:
                    break
                body.append(inner.removeprefix(opening["indent"]))
            content = "\n".join(body) + "\n"
            found.append(Block(page, number + 1, opening["language"].lower(), content, **remark))
            remark = {}
        elif found_remark := REMARK.match(line):
            remark = {found_remark["kind"].replace(" ", "_"): found_remark["text"]}
        elif line.strip():
            remark = {}
    return found


def unaccounted(found: list[Block]) -> list[str]:
    """Shell blocks that nobody runs and nobody explains."""
    return [
        f"{block.place}: a {block.language} block is not run; make it a console block or say why"
        for block in found
        if block.language in SHELL and not block.not_run
    ]


def run_page(found: list[Block], folder: Path) -> None:
    """Run what a page shows, in the current process; the caller has made ``folder`` current."""
    namespace: dict[str, object] = {"__name__": "__main__"}
    with patch.dict(os.environ), ExitStack() as begun:
        begun.callback(_end_network, folder)
        for block in found:
            if block.unpacked:
                _unpack(block.unpacked, folder)
            if block.file:
                (folder / block.file).write_text(block.text, encoding="utf-8")
            elif block.not_run or block.language not in RUN:
                continue
            elif block.language == "console":
                _run_console(block, folder, begun)
            elif ">>> " in block.text:
                _run_session(block, namespace)
            else:
                _run_python(block, namespace)


def _end_network(folder: Path) -> None:
    """A page that broke off leaves no processes behind."""
    folder /= os.environ.get("FOCUSMESH_LOCALNET", "localnet")
    if folder.is_dir():
        from focusmesh.host.localnet import NetFolder, bring_down

        bring_down(NetFolder(folder))


def _unpack(words: str, folder: Path) -> None:
    archive, _, name = words.partition(" as ")
    with tarfile.open(ROOT / archive) as packed:
        packed.extractall(folder / name, filter="data")


def _run_python(block: Block, namespace: dict[str, object]) -> None:
    # The blank lines make a traceback show the line of the page.
    # As a reader would run it: what this module imports from __future__ is not inherited.
    text = "\n" * (block.line - 1) + block.text
    code = compile(text, block.page, "exec", dont_inherit=True)
    try:
        exec(code, namespace)
    except Exception as error:
        error.add_note(f"in the snippet at {block.place}")
        raise


def _run_session(block: Block, namespace: dict[str, object]) -> None:
    test = doctest.DocTestParser().get_doctest(
        block.text, namespace, block.place, block.page, block.line - 1
    )
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    report: list[str] = []
    runner.run(test, out=report.append, clear_globs=False)
    namespace.update(test.globs)
    if runner.failures:
        raise SnippetError("".join(report))


def _run_console(block: Block, folder: Path, begun: ExitStack) -> None:
    """What goes on in the background is ended when ``begun`` is."""
    for command, expected in console_steps(block.text):
        if command.startswith("export "):
            os.environ.update(_assignments(command))
            continue
        if is_plain(command):
            done = FORKED.run(
                command,
                folder,
                _environment(),
                lambda group: begun.callback(_end, group),
                SECONDS_MAX,
            )
            add_seconds(done.seconds)
        else:
            done = _run_in_shell(command, folder, begun)
        if done.returncode:
            raise SnippetError(
                f"{block.place}: `{command}` exits {done.returncode}:\n{done.printed}"
            )
        if expected and not agrees(expected, done.printed):
            raise SnippetError(
                f"{block.place}: `{command}` prints\n{done.printed}\nand the page says\n{expected}"
            )


def _run_in_shell(command: str, folder: Path, begun: ExitStack) -> Done:
    with subprocess.Popen(
        ["bash", "-c", command],
        cwd=folder,
        env=_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    ) as shell:
        begun.callback(_end, shell.pid)
        try:
            printed, _ = shell.communicate(timeout=SECONDS_MAX)
        except subprocess.TimeoutExpired:
            _end(shell.pid)
            raise
    return Done(shell.returncode, printed)


def _end(group: int) -> None:
    """Ends what a command has left running."""
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def _assignments(command: str) -> dict[str, str]:
    """``export A=1 B='two words'`` as names and values."""
    parts = (word.partition("=") for word in shlex.split(command)[1:])
    return {name: value for name, _, value in parts}


def _environment() -> dict[str, str]:
    programs = str(Path(sys.executable).parent)
    path = os.pathsep.join([programs, os.environ.get("PATH", os.defpath)])
    return {**os.environ, "PATH": path, "COLUMNS": "100", "NO_COLOR": "1", "MPLBACKEND": "Agg"}


def console_steps(text: str) -> list[tuple[str, str]]:
    """Commands with the output that the page shows; a command goes on after a backslash, on lines with ``> ``."""
    steps: list[tuple[str, str]] = []
    for line in text.splitlines():
        if line.startswith("$ "):
            steps.append((line[2:], ""))
            continue
        if not steps:
            raise SnippetError(f"output before the first command: {line!r}")
        command, output = steps[-1]
        if line.startswith("> ") and command.endswith("\\"):
            steps[-1] = (f"{command}\n{line[2:]}", output)
        else:
            steps[-1] = (command, f"{output}{line}\n")
    return steps


def agrees(expected: str, actual: str) -> bool:
    """Whether the output is what the page shows: ``...`` in a line is any text, alone in a line any lines."""
    pattern = ""
    for line in expected.rstrip().splitlines():
        if line.strip() == "...":
            pattern += r"(?:.*\n)*?"
        else:
            pattern += ".*?".join(map(re.escape, line.rstrip().split("..."))) + r"[ \t]*\n"
    trailing = "" if expected.rstrip().endswith("\n...") or expected.strip() == "..." else r"\s*"
    return re.fullmatch(pattern + trailing, actual.rstrip() + "\n") is not None
