"""``stadtdraht run``: the whole assistant on this machine."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from cli.environments import SetupProblem, say
from cli.house import announce, house_settings, open_house, retract, running_house
from cli.model import model_path
from cli.serving import stop_signal
from service.logs import configure_logs


def main() -> None:
    """Start everything, print the addresses, stop cleanly on Ctrl-C or SIGTERM."""
    asyncio.run(_run())
    say("Stadtdraht ist beendet.")


async def _run() -> None:
    settings = house_settings()
    configure_logs(settings.log_level)
    running = await running_house()
    if running is not None:
        raise SetupProblem(f"Stadtdraht läuft schon: {running.public_url} (Prozess {running.pid})")
    stop = stop_signal()
    model: Path = await asyncio.to_thread(model_path, settings.content)
    say("Starte Dialogmaschine, Aktionen, Hub und Webchat …")
    started = time.monotonic()
    async with open_house(settings, model, fixed_ports=True) as addresses:
        announce(addresses)
        try:
            _print_addresses(
                addresses.public_url, towns(settings.content), time.monotonic() - started
            )
            await stop.wait()
            say("\nBeende alles sauber …")
        finally:
            retract()


def towns(content: Path) -> list[str]:
    """Return the towns that have content, by their short names."""
    return sorted(file.parent.name for file in content.glob("municipalities/*/town.yml"))


def _print_addresses(url: str, names: list[str], seconds: float) -> None:
    print(f"\nStadtdraht ist bereit (nach {seconds:.0f} s). Im Browser öffnen:\n\n    {url}/\n")
    for town in names:
        print(f"    {url}/{town}")
    print("\nBeenden mit Strg-C.", flush=True)
