"""What code-hosting services are told: one comment on a pull request, annotations, outputs."""
