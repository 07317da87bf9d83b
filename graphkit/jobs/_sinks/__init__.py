"""The built-in sinks, one file each; `graphkit.jobs.Sink` is what they are."""
