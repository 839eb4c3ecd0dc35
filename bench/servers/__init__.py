"""The servers that the benchmark measures, as processes, and their databases."""
