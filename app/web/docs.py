"""The interactive documentation, from files that come along: nothing is loaded from elsewhere."""

from html import escape
from pathlib import Path

import fastapi_offline
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse, Response
from fastapi.staticfiles import StaticFiles

ASSETS = Path(fastapi_offline.__file__).parent / "static"
STYLES = "'self' 'unsafe-inline'"  # both pages write their styles into the document as they go
POLICY = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; connect-src 'self'; "
    f"font-src 'self'; img-src 'self' data:; script-src 'self'; style-src {STYLES}; worker-src blob:"
)
HEADERS = {"Content-Security-Policy": POLICY, "Cache-Control": "no-cache"}
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="{root}/docs/assets/favicon.png">
{head}
</head>
<body data-openapi="{root}/openapi.json">
<div id="page"></div>
<script src="{root}/docs/assets/{library}"></script>
<script src="{root}/docs/{script}"></script>
</body>
</html>
"""
SWAGGER = """SwaggerUIBundle({
  url: document.body.dataset.openapi,
  dom_id: "#page",
  deepLinking: true,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  validatorUrl: null,
});
"""
REDOC = """Redoc.init(
  document.body.dataset.openapi,
  { disableGoogleFont: true, hideDownloadButtons: false },
  document.getElementById("page"),
);
"""

router = APIRouter(include_in_schema=False)


@router.get("/docs")
async def read_docs(request: Request) -> HTMLResponse:
    style = '<link rel="stylesheet" href="{root}/docs/assets/swagger-ui.css">'
    return _page(request, library="swagger-ui-bundle.js", script="swagger.js", head=style)


@router.get("/redoc")
async def read_redoc(request: Request) -> HTMLResponse:
    return _page(request, library="redoc.standalone.js", script="redoc.js", head="")


@router.get("/docs/swagger.js")
async def read_swagger_script() -> Response:
    return Response(SWAGGER, media_type="text/javascript", headers=HEADERS)


@router.get("/docs/redoc.js")
async def read_redoc_script() -> Response:
    return Response(REDOC, media_type="text/javascript", headers=HEADERS)


def install(app: FastAPI) -> None:
    app.include_router(router)
    app.mount("/docs/assets", StaticFiles(directory=ASSETS))


def _page(request: Request, *, library: str, script: str, head: str) -> HTMLResponse:
    root = escape(request.scope.get("root_path", ""))
    html = PAGE.format(
        title=escape(request.app.title), root=root, library=library, script=script, head=head.format(root=root)
    )
    return HTMLResponse(html, headers=HEADERS)
