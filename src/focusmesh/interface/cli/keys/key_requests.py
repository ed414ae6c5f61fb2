"""``focusmesh keys sign``: header fields by which a server knows the neuron that asks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from focusmesh.errors import FileError
from focusmesh.interface.cli.keys.keys import Name  # noqa: TC001 - typer reads it
from focusmesh.interface.cli.shared.ledger_options import Unlocking  # noqa: TC001
from focusmesh.interface.cli.shared.options import Output, command
from focusmesh.interface.cli.shared.screen import Screen

Url = Annotated[
    str,
    typer.Argument(metavar="URL", help="The full URL of the request.", show_default=False),
]
Method = Annotated[
    str | None,
    typer.Option(
        "--method", "-X", metavar="WORD", help="GET, or POST where there is a body, or another."
    ),
]
BodyFile = Annotated[
    Path | None, typer.Option("--body", metavar="FILE", help="File with the body of the request.")
]


@command
def sign_request(
    name: Name,
    url: Url,
    unlocking: Unlocking,
    output: Output,
    method: Method = None,
    body: BodyFile = None,
) -> None:
    """Sign an HTTP request with the key NAME and print its header fields.

    They are valid once and for minutes (`curl -H @FILE`).
    """
    from focusmesh.interface.server.signatures import RequestSigner

    screen, store = Screen(output), unlocking.store()
    try:
        content = b"" if body is None else body.read_bytes()
    except OSError as error:
        raise FileError(f"cannot read {body}: {error.strerror}") from error
    found = store.find(name)
    key = store.unlock(found.name, unlocking.passphrase(found.name))
    word = method or ("GET" if body is None else "POST")
    headers = RequestSigner(key).headers(word.upper(), url, content)
    if screen.as_json:
        screen.document({"method": word.upper(), "url": url, "headers": headers})
    else:
        typer.echo("\n".join(f"{field}: {value}" for field, value in headers.items()))
