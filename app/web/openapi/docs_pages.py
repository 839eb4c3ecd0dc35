"""The interactive documentation, from files that come along: nothing is loaded from elsewhere."""

from functools import cache
from html import escape
from importlib.metadata import version
from pathlib import Path

import fastapi_offline
from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse, Response

from app.core.errors import NotFound

FILES = Path(fastapi_offline.__file__).parent / "static"
NAMES = frozenset(path.name for path in FILES.iterdir())
ASSETS = f"/docs/assets/{version('fastapi-offline')}"  # another version has other addresses: each may be kept for good
FOR_GOOD = "max-age=31536000, immutable"  # not `public`: the content cache has better to keep than megabytes of script
LOGO = "https://cdn.redoc.ly/redoc/logo-mini.svg"
SCROLLBAR = "'sha256-QMIg+bpjm3JdElJ388KYke01izlUW0UoNOeKjpMxdgc='"  # the one style that Redoc writes as text
EMPTY = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"  # no text: the other it fills rule by rule
POLICY = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "connect-src 'self'; img-src 'self' data:; script-src 'self'; style-src "
)
SWAGGER_POLICY = f"{POLICY}'self'"
REDOC_POLICY = f"{POLICY}{SCROLLBAR} {EMPTY}; worker-src blob:"  # the worker searches
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="{assets}/favicon.png">{style}
</head>
<body data-openapi="{root}/openapi.json">
<div id="page"></div>
<noscript>This page needs JavaScript; <a href="{root}/openapi.json">openapi.json</a> does not.</noscript>
<script src="{assets}/{library}"></script>
<script src="{root}/docs/{script}"></script>
</body>
</html>
"""
SWAGGER_STYLE = '\n<link rel="stylesheet" href="{assets}/swagger-ui.css">'
SWAGGER = """SwaggerUIBundle({
  url: document.body.dataset.openapi,
  dom_id: "#page",
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  validatorUrl: null,
});
"""
REDOC = """Redoc.init(
  document.body.dataset.openapi,
  { disableGoogleFont: true },
  document.getElementById("page"),
);
"""

router = APIRouter(include_in_schema=False)


class NoSuchFile(NotFound):
    says = "The documentation has no such file."


@router.get("/docs")
async def read_docs(request: Request) -> HTMLResponse:
    return _page(request, SWAGGER_POLICY, library="swagger-ui-bundle.js", script="swagger.js", style=SWAGGER_STYLE)


@router.get("/redoc")
async def read_redoc(request: Request) -> HTMLResponse:
    return _page(request, REDOC_POLICY, library="redoc.standalone.js", script="redoc.js")


@router.get("/docs/swagger.js")
async def read_swagger_script() -> Response:
    return _script(SWAGGER, keep="no-cache")


@router.get("/docs/redoc.js")
async def read_redoc_script() -> Response:
    return _script(REDOC, keep="no-cache")


@router.get(f"{ASSETS}/redoc.standalone.js")
def read_redoc_library() -> Response:
    return _script(_local_redoc(), keep=FOR_GOOD)


@router.get(f"{ASSETS}/{{name}}")
async def read_asset(name: str) -> FileResponse:
    if name not in NAMES:
        raise NoSuchFile
    return FileResponse(FILES / name, headers={"Cache-Control": FOR_GOOD})


@cache
def _local_redoc() -> str:
    """Redoc without the one thing that it would load from elsewhere: the logo in its corner."""
    return (FILES / "redoc.standalone.js").read_text(encoding="utf-8").replace(LOGO, "data:,")


def _script(text: str, *, keep: str) -> Response:
    return Response(text, media_type="text/javascript", headers={"Cache-Control": keep})


def _page(request: Request, policy: str, *, library: str, script: str, style: str = "") -> HTMLResponse:
    root = escape(request.scope.get("root_path", ""))
    assets = root + ASSETS
    html = PAGE.format(
        title=escape(request.app.title),
        root=root,
        assets=assets,
        style=style.format(assets=assets),
        library=library,
        script=script,
    )
    return HTMLResponse(html, headers={"Content-Security-Policy": policy, "Cache-Control": "no-cache"})
