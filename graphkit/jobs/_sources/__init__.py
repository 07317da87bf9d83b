"""The built-in sources, one file each; `graphkit.jobs.Source` is what they are."""
