"""The benchmark: ratios and times of one run, against what was promised (docs/performance.md)."""

import warnings

warnings.filterwarnings("ignore", "XDG_RUNTIME_DIR")  # of platformdirs, which PostgreSQL's wheel asks for a folder
