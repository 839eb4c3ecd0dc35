"""`python -m bench.NAME HOST PORT WORKERS` is the program that `twentyone serve` becomes, with another application:
loop, protocol and every flag are the same by construction.
"""

import sys

from app.serving import serve


def serve_instead(application: str) -> None:
    host, port, workers = sys.argv[1:]
    serve(host, int(port), int(workers), application, connection="httptools")
