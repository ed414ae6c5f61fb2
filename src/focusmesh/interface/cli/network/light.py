"""``focusmesh light``: what is final, by certificates alone, for whoever holds no ledger."""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from focusmesh.errors import FileError, ParameterError, ProofError
from focusmesh.interface.cli.network.availability import ApiKey  # noqa: TC001  (typer reads it)
from focusmesh.interface.cli.shared.options import Force, Output, command
from focusmesh.interface.cli.shared.output_files import verify_output, whole_file
from focusmesh.interface.cli.shared.screen import Screen
from focusmesh.interface.cli.shared.table import count_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from focusmesh.host.light import LightClient, LightState, LightStep, Source

_DAY_MS = 86_400_000
_SECONDS_BETWEEN_LOOKS = 0.5
_SECONDS_BETWEEN_FAILURES = 5.0

StateFile = Annotated[
    str,
    typer.Argument(
        metavar="FILE",
        help="The file of the light client, with what it trusts.",
        show_default=False,
    ),
]
Sources = Annotated[
    list[str],
    typer.Argument(
        metavar="WHERE…",
        help="Servers, nodes (KEY@ADDRESS#NETWORK) and ledgers' folders to ask; more than one notices forks.",
        show_default=False,
    ),
]
OtherSources = Annotated[
    list[str] | None,
    typer.Option(
        "--source",
        metavar="WHERE",
        help="Ask these sources instead of the first ones; may be repeated.",
    ),
]
Samples = Annotated[
    int,
    typer.Option(
        "--samples", "-s", min=0, max=4_096, help="Random shares of each block; 0 for none."
    ),
]


@command
def init(
    file: StateFile,
    where: Sources,
    output: Output,
    network: Annotated[
        str | None,
        typer.Option("--network", metavar="ID", help="Begin at the genesis of this network."),
    ] = None,
    block: Annotated[
        str | None,
        typer.Option(
            "--block",
            metavar="HEIGHT:ID",
            help="Begin at a block whose id you got from somebody you trust.",
        ),
    ] = None,
    force: Force = False,
    api_key: ApiKey = None,
) -> None:
    """Start following a network, from its id or from a block that you trust."""
    from focusmesh.host.light import (
        LightState,
        begin_at_block,
        begin_with_network,
        write_state,
    )
    from focusmesh.kernel.light import LightChain

    screen, path = Screen(output), verify_output(file, force=force)
    if (network is None) == (block is None):
        raise ParameterError("say where to begin: either --network ID or --block HEIGHT:ID")
    with _open_sources(where, api_key) as sources:
        if network is not None:
            trusted = begin_with_network(sources, _id("--network", network))
        else:
            height, _, text = str(block).partition(":")
            if not height.isdecimal():
                raise ParameterError(f"--block is HEIGHT:ID, such as 120:5f3a…, not {block!r}")
            trusted = begin_at_block(sources, int(height), _id("--block", text))
    LightChain(trusted).check_age(int(time.time() * 1_000))
    state = LightState(trusted, tuple(where))
    write_state(path, state, replace=force)
    _tell(state, screen)
    screen.narrate(f"{file}: begun; `focusmesh light follow {file}` goes on from there")


@command
def follow(
    file: StateFile,
    output: Output,
    source: OtherSources = None,
    samples: Samples = 16,
    once: Annotated[bool, typer.Option("--once", help="Stop when nothing new is left.")] = False,
    every: Annotated[
        bool,
        typer.Option("--every", help="Take every block; never jump ahead."),
    ] = False,
    blocks: Annotated[
        int | None,
        typer.Option("--blocks", metavar="N", min=1, help="Stop after this many blocks."),
    ] = None,
    metrics: Annotated[
        str | None,
        typer.Option("--metrics", metavar="FILE", help="Write metrics here, for Prometheus."),
    ] = None,
    api_key: ApiKey = None,
) -> None:
    """Follow final blocks by their certificates, and sample each.

    It goes on until it is interrupted.
    """
    from focusmesh.host.light import LightCounts

    screen, counts, taken = Screen(output), LightCounts(), 0
    with _client(file, source, api_key, samples) as client:
        while True:
            try:
                step = client.step(jumps=not every)
            except FileError as error:
                if once:
                    raise
                counts.failures += 1
                screen.narrate(f"{error}; asking again")
                time.sleep(_SECONDS_BETWEEN_FAILURES)
                continue
            counts.add_step(step)
            _tell_step(client, step, screen)
            if metrics is not None:
                with whole_file(Path(metrics)) as beside:
                    beside.write_text(counts.text())
            taken += len(step.headers)
            if once or (blocks is not None and taken >= blocks):
                break
            if not step.headers:
                time.sleep(_SECONDS_BETWEEN_LOOKS)
        screen.narrate(
            f"{file}: block {client.header.height} is final; {count_of(taken, 'block')} taken, "
            f"{count_of(counts.samples, 'share')} sampled"
        )


@command
def status(
    file: StateFile,
    output: Output,
    fork: Annotated[
        str | None,
        typer.Option(
            "--fork",
            metavar="FILE",
            help="Write the proof of a fork to this file, if one was found.",
        ),
    ] = None,
) -> None:
    """Show what is trusted, since when, and until when.

    It sends no requests.
    """
    from focusmesh.host.light import read_state

    screen, state = Screen(output), read_state(Path(file))
    _tell(state, screen)
    if fork is not None:
        if not state.trusted.fork:
            raise ProofError("fork", "there is no fork to write: this light client has seen none")
        with whole_file(verify_output(fork, force=False)) as beside:
            beside.write_bytes(state.trusted.fork)


@command
def verify(
    file: StateFile,
    receipt: Annotated[
        str, typer.Argument(metavar="RECEIPT", help="A receipt in JSON.", show_default=False)
    ],
    output: Output,
    source: OtherSources = None,
    api_key: ApiKey = None,
) -> None:
    """Check a receipt against the header of its block, once that is final.

    The exit code is 7 if it does not hold.
    """
    from focusmesh.interface.cli.ledger.verify import tell_receipt
    from focusmesh.kernel.receipts import RECEIPT_BYTES_MAX, Receipt

    with Path(receipt).open("rb") as held:
        told = Receipt.from_json(held.read(RECEIPT_BYTES_MAX + 1))
    with _client(file, source, api_key, 16) as client:
        verified = client.verify(told)
    tell_receipt(verified, Screen(output))


@contextmanager
def _open_sources(where: Sequence[str], api_key: str | None) -> Iterator[list[Source]]:
    from focusmesh.host.light import source_of

    sources: list[Source] = []
    try:
        sources.extend(source_of(each, api_key) for each in where)
        yield sources
    finally:
        for source in sources:
            source.close()


@contextmanager
def _client(
    file: str, where: Sequence[str] | None, api_key: str | None, samples: int
) -> Iterator[LightClient]:
    from focusmesh.host.light import LightClient, read_state

    path = Path(file)
    with _open_sources(where or read_state(path).sources, api_key) as sources:
        yield LightClient(path, sources, samples=samples, rng=os.urandom)


def _id(option: str, text: str) -> bytes:
    try:
        data = bytes.fromhex(text)
    except ValueError:
        data = b""
    if len(data) != 32:
        raise ParameterError(f"{option}: an id is 32 bytes in hexadecimal, not {text[:80]!r}")
    return data


def _tell_step(client: LightClient, step: LightStep, screen: Screen) -> None:
    found = {each.header.height: each for each in step.sampled}
    for refusal in step.refused:
        screen.narrate(f"passed over: {refusal}")
    if step.jumped:
        screen.narrate(f"went over {count_of(step.jumped, 'block')}, from epoch to epoch")
    for header in step.headers:
        sampled = found.get(header.height)
        document: dict[str, Any] = {
            "height": header.height,
            "block": header.id.hex(),
            "time": header.time,
            "samples": 0 if sampled is None else len(sampled.sampled.taken),
            "confidence": None if sampled is None else sampled.sampled.confidence,
        }
        if screen.as_json:
            screen.document(document)
            continue
        seen = (
            ""
            if sampled is None
            else (
                f" · {count_of(len(sampled.sampled.taken), 'share')} · available, confidence "
                f"{sampled.sampled.confidence:.4%}"
            )
        )
        screen.lines([f"block {header.height} · {header.id.hex()[:16]} · final{seen}"])
    sys.stdout.flush()


def _tell(state: LightState, screen: Screen) -> None:
    from focusmesh.kernel.light import LightChain

    chain = LightChain(state.trusted)
    header, rules, now = chain.header, chain.rules, int(time.time() * 1_000)
    until = header.time + rules.terms.trusting if rules.has_decisions else None
    try:
        chain.check_age(now)
        refusal = ""
    except ProofError as error:
        refusal = str(error)
    validators = chain.validators()
    document = {
        "network": header.network.hex(),
        "agreement": rules.kind,
        "height": header.height,
        "block": header.id.hex(),
        "time": header.time,
        "epoch": chain.epoch,
        "voters": len(validators),
        "trusted_until": until,
        "refusal": refusal,
        "sources": list(state.sources),
    }
    if screen.as_json:
        screen.document(document)
        return
    named = f"{rules.kind}, {count_of(len(validators), 'validator')}" if validators else rules.kind
    lines = [
        f"network  {header.network.hex()} ({named})",
        f"block    {header.height} {header.id.hex()}",
    ]
    if until is not None:
        left = until - now
        lines.append(
            f"trusted  for {left // _DAY_MS} more days" if left > 0 else "trusted  no more"
        )
    screen.lines(lines)
    if refusal:
        screen.narrate(refusal)
