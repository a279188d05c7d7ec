"""Everything a report shows, as plain values: pages and files are made from these, nothing else."""
