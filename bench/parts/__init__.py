"""The parts of the benchmark. Each part yields a list of measures."""
