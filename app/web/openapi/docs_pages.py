"""Documentation pages with Swagger UI and Redoc, served without external resources."""

from functools import cache
from html import escape
from importlib.metadata import version
from pathlib import Path

import fastapi_offline
from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse, Response

from app.core.errors import NotFound

STATIC_DIR = Path(fastapi_offline.__file__).parent / "static"
ASSET_NAMES = frozenset(path.name for path in STATIC_DIR.iterdir())
ASSETS_PATH = f"/docs/assets/{version('fastapi-offline')}"  # contains the version, so that assets never change
IMMUTABLE = "max-age=31536000, immutable"  # without `public`, so that the response cache skips them
REDOC_LOGO_URL = "https://cdn.redoc.ly/redoc/logo-mini.svg"
SCROLLBAR_STYLE_HASH = "'sha256-QMIg+bpjm3JdElJ388KYke01izlUW0UoNOeKjpMxdgc='"  # allows Redoc's inline style
EMPTY_STYLE_HASH = (
    "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"  # Redoc's empty style element, filled by script
)
BASE_POLICY = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "connect-src 'self'; img-src 'self' data:; script-src 'self'; style-src "
)
SWAGGER_POLICY = f"{BASE_POLICY}'self'"
REDOC_POLICY = f"{BASE_POLICY}{SCROLLBAR_STYLE_HASH} {EMPTY_STYLE_HASH}; worker-src blob:"  # Redoc searches in a worker
PAGE_TEMPLATE = """<!doctype html>
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
SWAGGER_STYLESHEET = '\n<link rel="stylesheet" href="{assets}/swagger-ui.css">'
SWAGGER_SCRIPT = """SwaggerUIBundle({
  url: document.body.dataset.openapi,
  dom_id: "#page",
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  validatorUrl: null,
});
"""
REDOC_SCRIPT = """Redoc.init(
  document.body.dataset.openapi,
  { disableGoogleFont: true },
  document.getElementById("page"),
);
"""

router = APIRouter(include_in_schema=False)


class AssetNotFound(NotFound):
    message = "This documentation file does not exist."


@router.get("/docs")
async def read_docs(request: Request) -> HTMLResponse:
    return _page(request, SWAGGER_POLICY, library="swagger-ui-bundle.js", script="swagger.js", style=SWAGGER_STYLESHEET)


@router.get("/redoc")
async def read_redoc(request: Request) -> HTMLResponse:
    return _page(request, REDOC_POLICY, library="redoc.standalone.js", script="redoc.js")


@router.get("/docs/swagger.js")
async def read_swagger_script() -> Response:
    return _script(SWAGGER_SCRIPT, cache_control="no-cache")


@router.get("/docs/redoc.js")
async def read_redoc_script() -> Response:
    return _script(REDOC_SCRIPT, cache_control="no-cache")


@router.get(f"{ASSETS_PATH}/redoc.standalone.js")
def read_redoc_library() -> Response:
    return _script(_offline_redoc(), cache_control=IMMUTABLE)


@router.get(f"{ASSETS_PATH}/{{name}}")
async def read_asset(name: str) -> FileResponse:
    if name not in ASSET_NAMES:
        raise AssetNotFound
    return FileResponse(STATIC_DIR / name, headers={"Cache-Control": IMMUTABLE})


@cache
def _offline_redoc() -> str:
    """Return the Redoc script without its remote logo, which is the only external resource."""
    return (STATIC_DIR / "redoc.standalone.js").read_text(encoding="utf-8").replace(REDOC_LOGO_URL, "data:,")


def _script(text: str, *, cache_control: str) -> Response:
    return Response(text, media_type="text/javascript", headers={"Cache-Control": cache_control})


def _page(request: Request, policy: str, *, library: str, script: str, style: str = "") -> HTMLResponse:
    root = escape(request.scope.get("root_path", ""))
    assets = root + ASSETS_PATH
    html = PAGE_TEMPLATE.format(
        title=escape(request.app.title),
        root=root,
        assets=assets,
        style=style.format(assets=assets),
        library=library,
        script=script,
    )
    return HTMLResponse(html, headers={"Content-Security-Policy": policy, "Cache-Control": "no-cache"})
