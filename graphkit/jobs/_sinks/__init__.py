"""The sinks that come along, one file each; `graphkit.jobs.Sink` is what they are."""
