"""The Telegram connector: one bot per town, polled or called, joined to the hub."""
