"""Looking after what is stored: what is needed, what is broken, what may go."""
