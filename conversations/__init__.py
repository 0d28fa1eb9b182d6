"""The conversation service: inbox, turns, handoffs and outbox, the one store of record.

Everything a citizen writes is accepted here, answered once and in order, and kept
until its time is over. Channels reach it over HTTP by `contracts.hub.HubClient`.
"""
