"""The pages behind a server: as a Starlette application (ASGI), or as a WSGI callable for Flask, Django and the like.

Both are thin: they read a bounded body, hand an `Ask` to the same synchronous handler, and write its `Answer`.
"""

from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, Protocol

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from govline.errors import PageRefused
from govline.web.arriving import SECONDS, arrive
from govline.web.bodies import MOST_BODY, read_query
from govline.web.model import Answer, Ask

if TYPE_CHECKING:
    from govline.web.service import Web

__all__ = ["Town", "app", "wsgi"]

_DIGITS: Final = 18
_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_HUGE: Final = b"\0" * (MOST_BODY + 1)
Wsgi = Callable[[Mapping[str, Any], Callable[..., Any]], Iterable[bytes]]


class Town(Protocol):
    """What has pages: a `City` with the feature `web`."""

    @property
    def web(self) -> "Web":
        """The bound service."""
        ...


def app(town: Town, *, seconds: float = SECONDS) -> Starlette:
    """The town's pages as an ASGI application; `mount` it anywhere, addresses follow `root_path`.

    Args:
        seconds: For a request's body to arrive.
    """

    async def answer(request: Request) -> Response:
        arrived = await arrive(request.receive, most=MOST_BODY, seconds=seconds)
        if arrived.fault == "gone":
            return Response(status_code=499)
        body = _HUGE if arrived.fault else arrived.body  # the handler's code says larger or slower
        return _response(await run_in_threadpool(town.web.handle, _ask_of(request, body)), request.method)

    return Starlette(routes=[Route("/{path:path}", answer, methods=list(_METHODS))])


def wsgi(town: Town) -> Wsgi:
    """The town's pages as a WSGI callable; addresses follow `SCRIPT_NAME`."""

    def answer(environ: Mapping[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        found = town.web.handle(_ask_of_environ(environ))
        body = b"" if environ["REQUEST_METHOD"] == "HEAD" else found.body
        headers = [("content-type", found.media_type), ("content-length", str(len(found.body)))]
        start(f"{found.status} {HTTPStatus(found.status).phrase}", [*headers, *found.headers])
        return [body]

    return answer


def _ask_of(request: Request, body: bytes) -> Ask:
    scope = request.scope
    root = str(scope.get("root_path", "")).rstrip("/")
    path = str(scope["path"])
    if root and (path == root or path.startswith(f"{root}/")):
        path = path[len(root) :]
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        between = (
            "; " if name == "cookie" else ","
        )  # as WSGI has it: what came twice is seen to have come twice
        headers[name] = f"{headers[name]}{between}{value}" if name in headers else value
    return Ask(
        method=request.method,
        root=root,
        path=path,
        query=_query(request.url.query),
        headers=headers,
        body=body,
        scheme=str(scope.get("scheme", "http")),
        client=request.client.host if request.client else "",
    )


def _ask_of_environ(environ: Mapping[str, Any]) -> Ask:
    headers = {
        name[5:].replace("_", "-").lower(): str(value)
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    headers["content-type"] = str(environ.get("CONTENT_TYPE", ""))
    headers.setdefault("host", f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}")
    return Ask(
        method=str(environ["REQUEST_METHOD"]),
        root=_unicode(environ.get("SCRIPT_NAME", "")).rstrip("/"),
        path=_unicode(environ.get("PATH_INFO", "")),
        query=_query(str(environ.get("QUERY_STRING", ""))),
        headers=headers,
        body=_wsgi_body(environ),
        scheme=str(environ.get("wsgi.url_scheme", "http")),
        client=str(environ.get("REMOTE_ADDR", "")),
    )


def _wsgi_body(environ: Mapping[str, Any]) -> bytes:
    given = str(environ.get("CONTENT_LENGTH") or "")
    if given.isdecimal() and len(given) <= _DIGITS:
        size = min(int(given), MOST_BODY + 1)
    else:
        size = MOST_BODY + 1 if environ.get("wsgi.input_terminated") else 0
    body: bytes = environ["wsgi.input"].read(size) if size else b""
    return body


def _query(text: str) -> dict[str, str]:
    try:
        return read_query(text)
    except PageRefused:
        return {}


def _unicode(text: Any) -> str:
    """WSGI's paths are UTF-8 bytes dressed as Latin-1 (PEP 3333)."""
    return str(text).encode("latin-1", "replace").decode("utf-8", "replace")


def _response(answer: Answer, method: str) -> Response:
    body = b"" if method == "HEAD" else answer.body
    response = Response(body, answer.status, media_type=None)
    response.raw_headers = [
        (b"content-type", answer.media_type.encode()),
        (b"content-length", str(len(answer.body)).encode()),
        *((name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers),
    ]
    return response
