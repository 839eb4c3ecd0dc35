"""`python -m bench.NAME HOST PORT WORKERS` runs the production server with a different application.

Event loop, protocol and all options are the same by construction.
"""

import sys

from app.serving import serve


def serve_instead(application: str) -> None:
    host, port, workers = sys.argv[1:]
    serve(host, int(port), int(workers), application, http_protocol="httptools")
