"""The workspace's page, served live: read-only, over HTTP."""
