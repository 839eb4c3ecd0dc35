"""HEAD for every GET, and an `Allow` that tells the truth."""

from collections.abc import Iterable

from fastapi.routing import iter_route_contexts
from starlette.routing import BaseRoute, compile_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class HeadForGet:
    """Answers HEAD with the headers of GET. FastAPI would say 405."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def send_head(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self.app({**scope, "method": "GET"}, receive, send_head)


def allowed_methods(routes: Iterable[BaseRoute], path: str) -> list[str]:
    """Every method that some route takes at this path; FastAPI names only the first route's."""
    methods = {"OPTIONS"}
    for context in iter_route_contexts(list(routes)):
        if context.path and context.methods and compile_path(context.path)[0].match(path):
            methods |= context.methods
    if "GET" in methods:
        methods.add("HEAD")
    return sorted(methods)
