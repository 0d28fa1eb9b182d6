"""``stadtdraht service``: what the connected services can do, and candidates for the records."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict

import httpx

from actions.services.access import Services, open_services
from actions.services.opening_hours import BERLIN
from actions.services.probes import Probe, probe_all
from actions.services.responsibility import ResponsibilityMap
from actions.services.store import RecordsStore
from cli.house import house_settings
from service.clock import clock_of
from service.logs import configure_logs
from service.settings import Settings

MARKS = {"works": "geht", "fails": "FEHLT", "untried": "?", "none": "-"}


def check(*, as_json: bool) -> int:
    """Ask every service once; returns 1 when one of them cannot be used."""
    settings = house_settings()
    configure_logs("CRITICAL")  # what fails is said in the list
    probes = asyncio.run(_probes(settings))
    if as_json:
        print(json.dumps([asdict(each) for each in probes], ensure_ascii=False, indent=1))
    else:
        _show(probes)
    return int(any(each.state == "fails" for each in probes))


async def _probes(settings: Settings) -> Sequence[Probe]:
    clock = clock_of(settings.clock)
    async with httpx.AsyncClient(follow_redirects=False) as http:
        services: Services = open_services(settings.content, http, clock, None)
        try:
            return await probe_all(services, clock().astimezone(BERLIN).date())
        finally:
            await services.defects.close()


def _show(probes: Sequence[Probe]) -> None:
    town = ""
    for each in probes:
        if each.town != town:
            town = each.town
            print(f"\n{town}")
        through = f" über {each.adapter}, {each.where}" if each.adapter else ""
        limits = f" · kann nicht: {each.cannot}" if each.cannot else ""
        can = f": {each.can}" if each.can else ""
        print(f"  {MARKS[each.state]:5} {each.service}{through}{can}{limits}")


def check_map(*, as_json: bool) -> int:
    """Count the cells of the responsibility map; returns 1 when one is empty."""
    coverage = ResponsibilityMap(RecordsStore(house_settings().content)).coverage()
    counted = {
        "cells": coverage.cells,
        "empty": len(coverage.empty),
        "unconfirmed": len(coverage.unconfirmed),
    }
    if as_json:
        print(json.dumps(counted))
    else:
        print(", ".join(f"{name}: {count}" for name, count in counted.items()))
        for name in coverage.empty:
            print(f"  leer: {name}")
        for name in coverage.unconfirmed:
            print(f"  unbestätigt: {name}")
    return int(bool(coverage.empty))
