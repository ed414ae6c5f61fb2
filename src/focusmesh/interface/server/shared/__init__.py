"""What all protocols of a server share: who may ask, problems, counts, lines of answers.

May import: litestar through framework.py; host.service.
Start reading at access.py, then problems.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily

if TYPE_CHECKING:
    from focusmesh.interface.server.shared.access import Door as Door
    from focusmesh.interface.server.shared.access import Message as Message
    from focusmesh.interface.server.shared.access import Receive as Receive
    from focusmesh.interface.server.shared.access import RefusedError as RefusedError
    from focusmesh.interface.server.shared.access import Scope as Scope
    from focusmesh.interface.server.shared.access import asked_of as asked_of
    from focusmesh.interface.server.shared.access import check_body as check_body
    from focusmesh.interface.server.shared.access import has_body as has_body
    from focusmesh.interface.server.shared.access import in_time as in_time
    from focusmesh.interface.server.shared.api_keys import ApiKey as ApiKey
    from focusmesh.interface.server.shared.api_keys import ApiKeys as ApiKeys
    from focusmesh.interface.server.shared.api_keys import admit_neuron as admit_neuron
    from focusmesh.interface.server.shared.api_keys import new_api_key as new_api_key
    from focusmesh.interface.server.shared.description import DOCS_POLICY as DOCS_POLICY
    from focusmesh.interface.server.shared.description import KEYWORDS as KEYWORDS
    from focusmesh.interface.server.shared.description import docs_page as docs_page
    from focusmesh.interface.server.shared.description import verify_query as verify_query
    from focusmesh.interface.server.shared.description import with_bounds as with_bounds
    from focusmesh.interface.server.shared.description import with_examples as with_examples
    from focusmesh.interface.server.shared.framework import Components as Components
    from focusmesh.interface.server.shared.framework import CORSConfig as CORSConfig
    from focusmesh.interface.server.shared.framework import HTTPException as HTTPException
    from focusmesh.interface.server.shared.framework import JSONBody as JSONBody
    from focusmesh.interface.server.shared.framework import JsonRenderPlugin as JsonRenderPlugin
    from focusmesh.interface.server.shared.framework import License as License
    from focusmesh.interface.server.shared.framework import Litestar as Litestar
    from focusmesh.interface.server.shared.framework import NamedDependency as NamedDependency
    from focusmesh.interface.server.shared.framework import OpenAPIConfig as OpenAPIConfig
    from focusmesh.interface.server.shared.framework import Parameter as Parameter
    from focusmesh.interface.server.shared.framework import PathParameter as PathParameter
    from focusmesh.interface.server.shared.framework import Provide as Provide
    from focusmesh.interface.server.shared.framework import QueryParameter as QueryParameter
    from focusmesh.interface.server.shared.framework import Request as Request
    from focusmesh.interface.server.shared.framework import Response as Response
    from focusmesh.interface.server.shared.framework import SecurityScheme as SecurityScheme
    from focusmesh.interface.server.shared.framework import Stream as Stream
    from focusmesh.interface.server.shared.framework import Tag as Tag
    from focusmesh.interface.server.shared.framework import delete as delete
    from focusmesh.interface.server.shared.framework import get as get
    from focusmesh.interface.server.shared.framework import post as post
    from focusmesh.interface.server.shared.handlers import handler_of as handler_of
    from focusmesh.interface.server.shared.handlers import parameter_of as parameter_of
    from focusmesh.interface.server.shared.metrics import Metrics as Metrics
    from focusmesh.interface.server.shared.problems import LOG as LOG
    from focusmesh.interface.server.shared.problems import MEDIA_TYPE as MEDIA_TYPE
    from focusmesh.interface.server.shared.problems import PROBLEMS as PROBLEMS
    from focusmesh.interface.server.shared.problems import ProblemDocument as ProblemDocument
    from focusmesh.interface.server.shared.problems import as_problem as as_problem
    from focusmesh.interface.server.shared.problems import document as document
    from focusmesh.interface.server.shared.problems import headers_of as headers_of
    from focusmesh.interface.server.shared.problems import problem_response as problem_response
    from focusmesh.interface.server.shared.streaming import AFTERWARDS as AFTERWARDS
    from focusmesh.interface.server.shared.streaming import NDJSON as NDJSON
    from focusmesh.interface.server.shared.streaming import follow_work as follow_work
    from focusmesh.interface.server.shared.streaming import rows as rows
    from focusmesh.interface.server.shared.streaming import wants_lines as wants_lines
else:
    __getattr__, __dir__ = lazily(__name__)
