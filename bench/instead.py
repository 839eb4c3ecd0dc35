"""`python -m bench.NAME serve --port ...` is `twentyone serve` with another application in its place: loop, protocol
and every flag are the same by construction.
"""

from functools import partial

import uvicorn

from app import cli


def serve_instead(factory: str) -> None:
    uvicorn.run = partial(_instead, partial(uvicorn.run), factory)
    cli.app()


def _instead(serve: "partial[None]", instead: str, _app: str, **options: object) -> None:
    serve(instead, **options)
