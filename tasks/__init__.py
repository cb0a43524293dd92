"""The benchmark's tasks, one module or folder each, found by name: see `conf/task/`."""
