"""A command made of a verb: what must be said are its arguments, in the order of the record, the rest its options."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import msgspec

from focusmesh.interface.cli.shared.ledger_options import (
    Keys,
    LedgerOption,
    Signing,
    open_ledger,
    open_to_sign,
)
from focusmesh.interface.cli.shared.options import Output, command
from focusmesh.interface.cli.shared.question_options import option_of
from focusmesh.interface.cli.shared.screen import Screen
from focusmesh.interface.cli.shared.table import Column

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.host.keys import Keystore
    from focusmesh.host.service import Verb
    from focusmesh.kernel.session import Placed


def verb_command(verb: Verb) -> Callable[..., None]:
    """The function that typer makes a command of."""

    def call(**given: Any) -> None:
        (_send if verb.is_command else _answer)(verb, given)

    groups = {"signing": Signing} if verb.is_command else {"keys": Keys}
    shared: dict[str, Any] = {"ledger": LedgerOption, **groups, "output": Output}
    parameters = [
        *(option_of(each) for each in verb.parameters),
        *(_parameter(name, kind) for name, kind in shared.items()),
    ]
    # What has a default comes last.
    parameters.sort(key=lambda each: each.default is not inspect.Parameter.empty)
    call.__name__, call.__doc__ = verb.does.name, verb.does.words
    call.__annotations__ = {each.name: each.annotation for each in parameters}
    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return command(call)


def _send(verb: Verb, given: dict[str, Any]) -> None:
    """Signs the operation, waits for its block, tells where it stands."""
    from focusmesh.host.service import operation_of
    from focusmesh.kernel.session import Step

    signing, screen = given.pop("signing"), Screen(given.pop("output"))
    ledger = given.pop("ledger")
    operation = operation_of(verb.does, _said(verb, given, signing.store()))
    with open_to_sign(ledger, signing) as here:
        (placed,) = here.send([Step(operation.as_fields())])
    tell_placed(placed, screen)


def _answer(verb: Verb, given: dict[str, Any]) -> None:
    """Shows what the query answers: items as a table, else a line for each field."""
    from focusmesh.host.service import ApplicationQueries

    keys, screen = given.pop("keys"), Screen(given.pop("output"))
    with open_ledger(given.pop("ledger")) as here:
        found = ApplicationQueries(here).answer(verb.does, _said(verb, given, keys.store()))
    document: dict[str, Any] = msgspec.to_builtins(found)
    if screen.as_json:
        screen.document(document)
    elif "items" in document:
        _table(document["items"], verb.does.answers.__struct_fields__, screen)
    else:
        rows = [(name, _text(value)) for name, value in document.items() if name != "root"]
        screen.table([Column(verb.does.name), Column("", right=True, style="bold")], rows)
    screen.narrate(f"at height {found.height} · state {found.root}")


def tell_placed(placed: Placed, screen: Screen) -> None:
    """Where a signal stands."""
    if screen.as_json:
        screen.document(
            {
                "signal": placed.signal.hex(),
                "height": placed.height,
                "code": placed.code,
                "fee": placed.fee,
            }
        )
    screen.lines([f"block {placed.height}"])
    screen.narrate(f"signal {placed.signal.hex()} · fee {placed.fee}")


def _table(items: list[dict[str, Any]], names: tuple[str, ...], screen: Screen) -> None:
    numbers = {name for item in items for name, value in item.items() if isinstance(value, int)}
    columns = [Column(name.replace("_", " "), right=name in numbers) for name in names]
    screen.table(columns, [tuple(_text(item[name]) for name in names) for item in items])


def _text(value: Any) -> str:
    return "–" if value is None else f"{value:,}" if isinstance(value, int) else str(value)


def _said(verb: Verb, given: dict[str, Any], store: Keystore) -> dict[str, Any]:
    """What was said, by the names of the record; the name of a key stands for the key."""
    roles = {each.name: each.role for each in verb.parameters}
    return {
        name: store.neuron(value) if roles[name] == "neuron" and value is not None else value
        for name, value in given.items()
    }


def _parameter(name: str, kind: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=kind)
