"""Connectors: each joins one channel to the hub and knows nothing of the others."""
