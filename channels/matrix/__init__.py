"""Matrix: one account per town, encrypted rooms included."""
