"""Routes made of parameters: a function whose signature litestar reads as if it had been written."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Annotated, Any, Literal

from focusmesh.host.service import REQUIRED, parameters_of
from focusmesh.interface.server.shared.framework import PathParameter, QueryParameter

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Iterable

    import msgspec

    from focusmesh.host.service import Parameter


def handler_of(
    answer: Callable[[Any, Any, dict[str, Any]], Awaitable[Any]],
    name: str,
    words: str,
    parameters: Iterable[Parameter],
    types: dict[str, Any],
    in_path: Collection[str] = (),
) -> Callable[..., Awaitable[Any]]:
    """A handler called ``name``, which gives ``answer`` the server, the request and what was asked by name.

    ``types`` are those of ``server``, ``request`` and ``return``; ``words`` describe the route. Parameters ``in_path``
    are parts of it, all others of the query.
    """
    listed = list(parameters)
    public = {_attribute(each.name, in_path): each.name for each in listed}

    async def handler(server: Any, request: Any, **given: Any) -> Any:
        return await answer(server, request, {public[name]: value for name, value in given.items()})

    keyword = inspect.Parameter.KEYWORD_ONLY
    taken = [
        inspect.Parameter(each, keyword, annotation=types[each]) for each in ("server", "request")
    ]
    taken += [_signature_parameter(each, in_path) for each in listed]
    handler.__name__ = handler.__qualname__ = name
    handler.__doc__ = words
    returned = types["return"]
    handler.__annotations__ = {each.name: each.annotation for each in taken} | {"return": returned}
    # inspect.signature() and so litestar look here first.
    handler.__signature__ = inspect.Signature(taken, return_annotation=returned)  # type: ignore[attr-defined]
    return handler


def _attribute(name: str, in_path: Collection[str] = ()) -> str:
    """``from`` is a word of Python: no parameter of a function can be called so. A path finds its parts by name."""
    return name if name in in_path else f"{name}_"


def parameter_of(record: type[msgspec.Struct], field: str) -> Any:
    """How a field of a record is shown in a route whose signature is written by hand."""
    (found,) = (each for each in parameters_of(record, "http") if each.field == field)
    return _description(found)


def _signature_parameter(parameter: Parameter, in_path: Collection[str]) -> inspect.Parameter:
    kind: Any = parameter.shown_as
    if parameter.choices:
        kind = Literal[parameter.choices]
    if parameter.is_list:
        kind = list[kind]
    default = parameter.shown_default
    if default is not REQUIRED and (default is None or parameter.is_list):
        kind, default = kind | None, None
    return inspect.Parameter(
        _attribute(parameter.name, in_path),
        inspect.Parameter.KEYWORD_ONLY,
        annotation=Annotated[kind, _description(parameter, in_path)],
        default=inspect.Parameter.empty if default is REQUIRED else default,
    )


def _description(parameter: Parameter, in_path: Collection[str] = ()) -> Any:
    bounds = dict(parameter.bounds) if parameter.kind != "bytes" else _of_hexadecimal(parameter)
    if parameter.is_list:
        bounds = {
            name.replace("length", "items"): value for name, value in parameter.lengths.items()
        }
    place = PathParameter if parameter.name in in_path else QueryParameter
    return place(name=parameter.name, description=parameter.description, **bounds)


def _of_hexadecimal(parameter: Parameter) -> dict[str, Any]:
    """The bounds of a text that stands for bytes, which has two digits for each."""
    least = parameter.bounds.get("min_length", 0)
    most = parameter.bounds.get("max_length", "")
    return {"pattern": f"^([0-9a-f]{{2}}){{{least},{most}}}$"}
