"""Private: the process-wide parts that all packages share: cores, forks, closing, the user's files."""
