"""What any graph answers. Each method asks the moment; there is nothing else to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from focusmesh.host.service import QUESTIONS, question_of

if TYPE_CHECKING:
    from focusmesh.host.service import Status
    from focusmesh.interface.server.grpc.call import Call, Unary


async def get_status(call: Call) -> Status:
    """See ``Service.status``."""
    return await call.answer(lambda moment, _: call.server.service.status(moment))


def _question(name: str) -> Unary:
    """The method of a question: what its request says makes the record."""

    async def answer(call: Call) -> Any:
        asked = question_of(QUESTIONS[name], call.asked, name, "grpc")
        moment = await call.moment()
        if asked.needs_texts:
            await call.server.texts(moment)
        return await call.answer(asked.ask, at_once=asked.is_at_once, moment=moment)

    return answer


GRAPH_METHODS: dict[str, Unary] = {
    "GraphService/GetStatus": get_status,
    **{f"GraphService/{record.__name__}": _question(name) for name, record in QUESTIONS.items()},
}
