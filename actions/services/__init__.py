"""Clients of the municipal services and of the local records; none of them knows Rasa."""
