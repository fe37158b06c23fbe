"""The command: submissions found, each run in a process of its own, and told."""
