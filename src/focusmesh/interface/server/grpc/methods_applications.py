"""What applications answer: their queries, and their commands, which are encoded and not signed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from focusmesh.host.service import encode_operation, verbs

if TYPE_CHECKING:
    from focusmesh.host.service import Verb
    from focusmesh.interface.server.grpc.call import Call, Unary


def application_methods() -> dict[str, Unary]:
    """One method for each verb of the applications that gRPC offers, by "Service/Method"."""
    return {verb.place: _method(verb) for verb in verbs("grpc")}


def _method(verb: Verb) -> Unary:
    async def query(call: Call) -> Any:
        ledger = call.server.service.ledger
        return await call.work(lambda: ledger.applications.answer(verb.does, call.asked))

    async def command(call: Call) -> Any:
        return encode_operation(verb.does, call.asked)

    return command if verb.is_command else query
