"""What the parts of Stadtdraht say to each other: messages, deliveries and the hub's client.

This folder imports nothing but the standard library, pydantic and httpx, so
that every part may depend on it and it depends on none.
"""
