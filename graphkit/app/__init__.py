"""The application on top of the library: the command line, doctor and the benchmark. Nothing below imports it."""
