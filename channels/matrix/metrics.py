"""What the Matrix connector counts. Labels hold accounts and codes, nothing of a citizen."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

EVENTS = Counter("stadtdraht_matrix_events", "Events by what became of them.", ["account", "fate"])
SENT = Counter("stadtdraht_matrix_sent", "Deliveries by what became of them.", ["account", "fate"])
GAPS = Counter(
    "stadtdraht_matrix_gaps", "Limited timelines, by how they were filled.", ["account", "fate"]
)
LIMITED = Counter(
    "stadtdraht_matrix_limited", "Calls that the homeserver put off (429).", ["account"]
)
UP = Gauge("stadtdraht_matrix_up", "1 while an account is in touch with its server.", ["account"])
