"""Private: what all packages share of the process: its cores, its forks, its end, its user's files."""
