"""One run at a time on all machines: leases in refs of the git remote, by compare and swap."""
