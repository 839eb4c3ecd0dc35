"""Run the production server with a different application, to compare both.

`python -m bench.servers.NAME HOST PORT WORKERS` starts it. The event loop, HTTP parser and options are the same.
"""

import sys

from app.serving import serve


def serve_instead(application: str) -> None:
    host, port, workers = sys.argv[1:]
    serve(host, int(port), int(workers), application, http_protocol="httptools")
