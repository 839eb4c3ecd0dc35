"""The parts of the benchmark, each a list of measures."""
