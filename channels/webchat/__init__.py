"""The web chat: a connector with pages and a widget of its own."""
