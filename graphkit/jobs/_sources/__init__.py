"""The sources that come along, one file each; `graphkit.jobs.Source` is what they are."""
