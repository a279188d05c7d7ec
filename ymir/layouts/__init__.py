"""What several dataset layouts have in common: names, boxes, masks, big documents, tags."""
