"""What is recorded here reaches everybody: data first, commits second, and nothing is lost."""
