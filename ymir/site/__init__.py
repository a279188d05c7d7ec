"""The page of a whole workspace: projects, datasets, models, and the labels that people owe."""
