"""``focusmesh verify``: whether a certificate holds for a graph, or a receipt in a block."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from focusmesh.errors import ParameterError, ProofError
from focusmesh.interface.cli.graph.certify import certificate_document, facts
from focusmesh.interface.cli.ledger.receipt_text import result_lines, summary
from focusmesh.interface.cli.ledger.verify_files import verify_undamaged
from focusmesh.interface.cli.ledger.verify_promise import promise_in, tell_promise
from focusmesh.interface.cli.shared.graph_input import existing, read_graph
from focusmesh.interface.cli.shared.ledger_options import PassphraseFile, open_ledger
from focusmesh.interface.cli.shared.options import Backend, Epsilon, Output, Reading, command
from focusmesh.interface.cli.shared.screen import Screen

if TYPE_CHECKING:
    from focusmesh.kernel.block import Header
    from focusmesh.kernel.receipts import VerifiedReceipt

HEADER_BYTES_MAX = 1 << 16

Subject = Annotated[
    str,
    typer.Argument(
        metavar="GRAPH|RECEIPT|PROMISE|PATH",
        help="The graph of a certificate, a receipt (with --header), a promise, or a file to check for damage.",
        show_default=False,
    ),
]
CertificateArgument = Annotated[
    str | None, typer.Argument(metavar="CERTIFICATE", help="A certificate.", show_default=False)
]
HeaderOption = Annotated[
    str | None,
    typer.Option(
        "--header",
        metavar="FILE",
        help="The header of the block of a receipt, or that judges a promise, from where you trust it.",
    ),
]
LedgerOption = Annotated[
    str | None,
    typer.Option(
        "--ledger",
        "-l",
        metavar="DIR",
        help="A copy of the ledger, for a receipt that is checked by answering again, or to judge a promise by.",
    ),
]
ProofOption = Annotated[
    str | None,
    typer.Option(
        "--proof",
        metavar="FILE",
        help="With --header, for a promise: what GET /v1/proof answered of the account.",
    ),
]


@command
def verify(
    subject: Subject,
    reading: Reading,
    output: Output,
    certificate: CertificateArgument = None,
    epsilon: Epsilon = 1e-8,
    header: HeaderOption = None,
    ledger: LedgerOption = None,
    proof: ProofOption = None,
    passphrase_file: PassphraseFile = None,
    backend: Backend = "auto",
) -> None:
    """Check a certificate, receipt, promise, or a file for damage.

    A certificate is checked against its graph, a receipt against the header of its block. A ledger, a backup, an
    exported chain, a saved graph, a sealed key or a folder of keys is read to its last byte. If it does not hold,
    the exit code is 7, 4 or 3, and the message says where.
    """
    screen = Screen(output)
    promise = None if certificate is not None else promise_in(subject)
    if promise is not None:
        trusted = None if header is None else read_header(header)
        tell_promise(promise, ledger, trusted, proof, screen)
    elif proof is not None:
        raise ParameterError(f"--proof belongs to a promise, and {subject} is not one")
    elif header is not None:
        if certificate is not None:
            raise ParameterError("a receipt is verified with --header, a certificate without it")
        _verify_receipt(subject, header, ledger, screen)
    elif certificate is None:
        verify_undamaged(subject, passphrase_file, screen)
    else:
        _verify_certificate(subject, certificate, reading, (epsilon, backend), screen)


def _verify_certificate(
    where: str, certificate: str, reading: Reading, how: tuple[float, str], screen: Screen
) -> None:
    from focusmesh.engine.focus import Certificate
    from focusmesh.engine.focus import verify as check

    claimed = Certificate.open(existing(certificate))
    loaded = read_graph(where, reading, screen)
    with screen.progress() as progress:
        verified = check(loaded, claimed, epsilon=how[0], backend=how[1], progress=progress)
    if screen.as_json:
        screen.document(certificate_document(loaded, claimed, verified))
    params = claimed.params
    shares = f"alpha {params.alpha / 2**32:.6g}, diffusion {params.diffusion / 2**32:.6g}"
    screen.lines([f"valid: the focus with {shares} and {params.terms} undirected steps"])
    screen.narrate(facts(loaded, verified))


def _verify_receipt(where: str, header: str, ledger: str | None, screen: Screen) -> None:
    from focusmesh.kernel.receipts import RECEIPT_BYTES_MAX, Receipt, verify_receipt

    try:
        receipt = Receipt.from_json(_read(where, RECEIPT_BYTES_MAX))
    except ProofError as error:
        raise ProofError(error.code, f"{where}: {error}") from error
    trusted = read_header(header)
    if ledger is None:
        verified = verify_receipt(receipt, trusted)
    else:
        with open_ledger(ledger) as shared:
            verified = verify_receipt(receipt, trusted, shared.reading())
    tell_receipt(verified, screen)


def tell_receipt(verified: VerifiedReceipt, screen: Screen) -> None:
    """Shows a receipt that holds."""
    receipt = verified.receipt
    if screen.as_json:
        screen.document(
            {
                "kind": receipt.kind,
                "proof": receipt.proof,
                "network": receipt.network,
                "height": receipt.height,
                "block_id": receipt.block_id,
                "node": receipt.node,
                "query": receipt.query,
                "result": receipt.result,
            }
        )
    screen.lines([f"valid: {summary(receipt)}", *result_lines(receipt)])
    screen.narrate(f"block {receipt.height} {receipt.block_id} · answered by {receipt.node}")


def read_header(where: str) -> Header:
    """The header in a JSON file as ``focusmesh chain header`` prints it; raises ProofError ("header")."""
    from focusmesh.kernel.block import Header

    try:
        fields: dict[str, Any] = json.loads(_read(where, HEADER_BYTES_MAX))
        stated = fields.pop("block_id", None)
        header = Header.from_json(fields)
    except (ValueError, AttributeError, TypeError, RecursionError) as error:
        raise ProofError("header", f"{where} is not a header of a block: {error}") from error
    if stated is not None and stated != header.id.hex():
        raise ProofError("header", f"{where} says block_id {stated}; its fields make another one")
    return header


def _read(where: str, bytes_max: int) -> bytes:
    """What the file holds, or enough of it to be refused: a stranger's file may have no end."""
    with existing(where).open("rb") as file:
        return file.read(bytes_max + 1)
