"""What is used of litestar, in one place: whoever lacks the extra is told so by name."""

from __future__ import annotations

from focusmesh.errors import MissingExtraError

try:
    from litestar import Litestar, MediaType, Request, Response, delete, get, post
    from litestar.config.cors import CORSConfig
    from litestar.di import NamedDependency, Provide
    from litestar.exceptions import HTTPException
    from litestar.openapi import OpenAPIConfig, ResponseSpec
    from litestar.openapi.plugins import JsonRenderPlugin
    from litestar.openapi.spec import Components, License, SecurityScheme, Tag
    from litestar.params import JSONBody, Parameter, PathParameter, QueryParameter
    from litestar.response import Stream
except ImportError as error:
    raise MissingExtraError("serve", "serving over HTTP") from error

__all__ = [
    "CORSConfig",
    "Components",
    "HTTPException",
    "JSONBody",
    "JsonRenderPlugin",
    "License",
    "Litestar",
    "MediaType",
    "NamedDependency",
    "OpenAPIConfig",
    "Parameter",
    "PathParameter",
    "Provide",
    "QueryParameter",
    "Request",
    "Response",
    "ResponseSpec",
    "SecurityScheme",
    "Stream",
    "Tag",
    "delete",
    "get",
    "post",
]
