"""Benchmarks: ratios and times of one run, compared with targets (docs/performance.md)."""

import warnings

warnings.filterwarnings("ignore", "XDG_RUNTIME_DIR")  # platformdirs: the PostgreSQL wheel uses its directories
