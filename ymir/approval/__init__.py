"""Saved plans that are approvals: what one holds, and what must still be so when it is applied."""
