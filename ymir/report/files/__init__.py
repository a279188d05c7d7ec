"""Reports for programs and pull requests: `report.json`, `summary.md`, `junit.xml`."""
