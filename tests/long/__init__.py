"""What must stay as it is however long a project goes on: counts and sizes, never seconds."""
