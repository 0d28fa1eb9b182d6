"""What the Telegram connector counts. Labels hold bots and codes, nothing of a citizen."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

UPDATES = Counter("stadtdraht_telegram_updates", "Updates by what became of them.", ["bot", "fate"])
SENT = Counter("stadtdraht_telegram_sent", "Deliveries by what became of them.", ["bot", "fate"])
LIMITED = Counter("stadtdraht_telegram_limited", "Calls that Telegram put off (429).", ["bot"])
UP = Gauge("stadtdraht_telegram_up", "1 while a bot is in touch with Telegram.", ["bot"])
