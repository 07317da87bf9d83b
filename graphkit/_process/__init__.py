"""Private: what all rooms share of the process: its cores, its forks, its end, its user's files."""
