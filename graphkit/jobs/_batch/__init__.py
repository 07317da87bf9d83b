"""The same work for many clips: one unit of work, the manifest of what is done, and processes that do it."""
