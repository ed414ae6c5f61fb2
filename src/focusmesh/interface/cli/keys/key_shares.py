"""``focusmesh keys share`` and ``recover``: a key as words on paper, for people who trust each other only together."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from focusmesh.errors import FileError, InputError, ParameterError, SecretError
from focusmesh.host.private_files import write_private
from focusmesh.interface.cli.keys.keys import Name, NewPassphraseFile, show_key
from focusmesh.interface.cli.shared.graph_input import existing
from focusmesh.interface.cli.shared.ledger_options import Unlocking  # noqa: TC001  (typer asks for it)
from focusmesh.interface.cli.shared.options import Force, Output, command
from focusmesh.interface.cli.shared.output_files import verify_output
from focusmesh.interface.cli.shared.passphrase import from_file
from focusmesh.interface.cli.shared.screen import Screen
from focusmesh.interface.cli.shared.table import count_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from focusmesh.host.keys import KeyFile, Share, Sheet

_TEXT_LENGTH_MAX = 1 << 16

Threshold = Annotated[
    int,
    typer.Option(
        "--threshold",
        "-t",
        metavar="K",
        help="Number of shares that restore the key.",
        show_default=False,
    ),
]
Count = Annotated[
    int,
    typer.Option("--shares", "-n", metavar="N", help="Number of shares.", show_default=False),
]
SheetsFolder = Annotated[
    str | None,
    typer.Option("--output", "-o", metavar="DIR", help="Write a file a share into DIR."),
]
SheetFiles = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[FILE...]",
        help="Sheets, or files with their words, or - for stdin (else the command asks).",
    ),
]
NameHere = Annotated[
    str | None,
    typer.Option("--name", metavar="NAME", help="Name of the key here (default: the sheets')."),
]
Neuron = Annotated[
    str | None,
    typer.Option("--neuron", metavar="KEY", help="The public key that the shares must restore."),
]


@command
def share(
    name: Name,
    threshold: Threshold,
    count: Count,
    unlocking: Unlocking,
    output: Output,
    folder: SheetsFolder = None,
    force: Force = False,
) -> None:
    """Write the key NAME as N sheets of 33 words, of which any K restore it and fewer tell nothing."""
    from focusmesh.host.keys import sheet_text, split

    screen, store = Screen(output), unlocking.store()
    found = store.find(name)
    paths = _paths(found.name, count, folder, force=force)
    shares = split(store.unlock(name, unlocking.passphrase(found.name)).seed, threshold, count)
    texts = [sheet_text(each, count, found.name, found.neuron) for each in shares]
    _write(paths, texts, force=force)
    if screen.as_json:
        screen.document(_document(found, shares, paths))
    elif not paths:
        screen.lines(["\n".join(texts).rstrip()])
    for path in paths:
        screen.narrate(f"{path}: print it, give it away, delete it")
    screen.narrate(
        f"{found.name}: any {threshold} of {count_of(count, 'share')} restore it; "
        "other sets, made before or later, stay good and do not mix with this one"
    )


def _write(paths: Sequence[Path], texts: Sequence[str], *, force: bool) -> None:
    """All sheets, or none of them: some of one set beside some of another restore nothing."""
    written = []
    try:
        for path, text in zip(paths, texts, strict=False):
            write_private(path, text.encode(), replace=force)
            written.append(path)
    except BaseException:
        for path in written:
            path.unlink(missing_ok=True)
        raise


@command
def recover(
    unlocking: Unlocking,
    output: Output,
    file: SheetFiles = None,
    name: NameHere = None,
    neuron: Neuron = None,
    new_passphrase_file: NewPassphraseFile = None,
    force: Force = False,
) -> None:
    """Restore a key from its shares and seal it with a new passphrase.

    --force replaces a key of this machine that does not open.
    """
    from focusmesh.host.keys import recover_key

    screen, store = Screen(output), unlocking.store()
    sheets = list(_read(file) if file else _ask_shares(screen))
    key = recover_key([sheet.share for sheet in sheets])
    if neuron is not None and key.public != store.neuron(neuron):
        raise SecretError(f"these shares restore {key.public.hex()}, not {neuron}")
    chosen = name or next((sheet.name for sheet in sheets if sheet.name), "")
    if not chosen:
        raise ParameterError("--name: the shares do not say what the key is called; name it")
    here = store.name_of(key.public)
    if here is not None and not (force and here == chosen):
        raise InputError(
            f"the key {key.public.hex()} is here, as {here!r}; --force with that name seals it anew"
        )
    if here is None:
        store.free(chosen)
    phrase = (
        unlocking.passphrase(chosen, new=True)
        if new_passphrase_file is None
        else from_file(new_passphrase_file)
    )
    kept = store.keep(chosen, key, phrase, replace=force)
    show_key(kept, screen)
    screen.narrate(f"{kept.path}: restored from {count_of(len(sheets), 'share')}, and sealed")


def _paths(name: str, count: int, folder: str | None, *, force: bool) -> list[Path]:
    """Where the sheets go, in a folder that is made for their owner alone; none where they are printed."""
    if folder is None:
        return []
    try:
        Path(folder).mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise FileError(f"cannot make {folder}: {error.strerror}") from error
    return [
        verify_output(f"{folder}/{name}.share-{number}-of-{count}.txt", force=force)
        for number in range(1, count + 1)
    ]


def _document(found: KeyFile, shares: Sequence[Share], paths: Sequence[Path]) -> dict[str, object]:
    """The shares as files, or their words where there are none."""
    where = {each: {"path": str(path)} for each, path in zip(shares, paths, strict=False)}
    items = [
        {"number": each.number, **where.get(each, {"words": list(each.words)})} for each in shares
    ]
    return {
        "name": found.name,
        "neuron": found.neuron.hex(),
        "threshold": shares[0].threshold,
        "items": items,
    }


def _read(files: Sequence[str]) -> Iterator[Sheet]:
    from focusmesh.host.keys import read_sheets

    for file in files:
        try:
            data = sys.stdin.read(_TEXT_LENGTH_MAX) if file == "-" else _text(existing(file))
        except UnicodeDecodeError as error:
            raise SecretError(f"{file}: a sheet is UTF-8 text") from error
        yield from read_sheets(data, "stdin" if file == "-" else file)


def _text(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as stream:
            return stream.read(_TEXT_LENGTH_MAX)
    except OSError as error:
        raise FileError(f"cannot read {path}: {error.strerror}") from error


def _ask_shares(screen: Screen) -> Iterator[Sheet]:
    """Shares as somebody types them, until there are enough; a wrong one is asked for again."""
    from focusmesh.host.keys import check_together, read_sheets

    if sys.stdin is None or not sys.stdin.isatty():
        raise ParameterError(
            "name the sheets, or - for standard input: there is no terminal to type on"
        )
    screen.narrate("Type the words of the shares; four letters of each are enough.")
    found: list[Sheet] = []
    while not found or len(found) < found[0].share.threshold:
        try:
            (sheet,) = read_sheets(
                _read_words(len(found) + 1), f"share typed as number {len(found) + 1}"
            )
            check_together([each.share for each in (*found, sheet)])
        except SecretError as error:
            sys.stderr.write(f"{error}; type it again\n")
            continue
        found.append(sheet)
        yield sheet


def _read_words(number: int) -> str:
    """As many lines as it takes for the words of one share, such as the rows of a sheet."""
    from focusmesh.host.keys import WORDS_COUNT, words_of

    words: list[str] = []
    while len(words) < WORDS_COUNT:
        sys.stderr.write(f"Share {number}, from word {len(words) + 1} on: ")
        sys.stderr.flush()
        line = sys.stdin.readline(_TEXT_LENGTH_MAX)
        if not line:
            raise ParameterError("the shares ended too early; nothing was written")
        words += words_of(line)
    return " ".join(words)
