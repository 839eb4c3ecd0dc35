"""Benchmarks, which compare the API with other servers and with targets (docs/performance.md)."""

import warnings

warnings.filterwarnings("ignore", "XDG_RUNTIME_DIR")  # warning of platformdirs, which the PostgreSQL wheel uses
