"""What recorded rounds become: each part of a report, worked out once."""
