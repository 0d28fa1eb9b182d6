"""Chromium in front of a real web chat. Needs the system's Chromium; CI must have it."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.houses import HubThread, WebChat, chat_house
from tests.channels.webchat.fake_hub import FakeHub

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


def pytest_collection_modifyitems(items):
    for item in items:
        if "browser" in item.path.parts:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    # Playwright keeps an event loop running in this thread: it must end before other tests begin
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("Chromium is missing; CI must have it")
        pytest.skip("Chromium is missing: install the package chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def running() -> Iterator[tuple[HubThread, WebChat]]:
    with chat_house() as house:
        yield house


@pytest.fixture
def hub_thread(running) -> Iterator[HubThread]:
    hub = running[0]
    hub.hub.delay = 0.0
    hub.hub.down = False
    yield hub
    hub.hub.delay = 0.0
    hub.hub.down = False


@pytest.fixture
def hub(hub_thread) -> FakeHub:
    return hub_thread.hub


@pytest.fixture
def url(running, hub_thread) -> str:
    return running[1].url


@dataclass
class Visit:
    """One visitor with a browser profile of their own, and all that their pages asked for."""

    page: Page
    url: str
    requests: list[str]
    complaints: list[str]

    def open(self, path: str = "/soest") -> Page:
        self.page.goto(self.url + path)
        self.wait_ready()
        return self.page

    def wait_ready(self) -> None:
        expect(self.page.locator("body[data-ready]")).to_be_attached()

    def ask(self, text: str, answer: str | None = None) -> None:
        self.page.get_by_label("Ihre Nachricht").fill(text)
        self.page.keyboard.press("Enter")
        if answer:
            expect(self.page.locator(".entry--bot").last).to_contain_text(answer)

    def texts(self) -> list[str]:
        return self.page.locator(".entry .bubble").all_inner_texts()

    def foreign_requests(self) -> list[str]:
        return [each for each in self.requests if not each.startswith((self.url, "blob:", "data:"))]


@pytest.fixture
def visits(chromium, url):
    """Begin visits with browser settings of one's own (viewport, colour scheme ...)."""
    contexts = []

    def begin(**options) -> Visit:
        address = options.pop("url", url)
        context = chromium.new_context(**{"locale": "de-DE", "reduced_motion": "reduce", **options})
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        visit = Visit(page, address, [], [])
        context.on("request", lambda request: visit.requests.append(request.url))
        page.on("pageerror", lambda error: visit.complaints.append(str(error)))
        page.on("console", lambda line: _keep(visit, line))
        return visit

    yield begin
    for context in contexts:
        context.close()


def _keep(visit: Visit, line) -> None:
    # refused connections are what the fault tests are about; all else is a mistake
    if line.type in {"error", "warning"} and "Failed to load resource" not in line.text:
        visit.complaints.append(line.text)


@pytest.fixture
def visit(visits) -> Iterator[Visit]:
    visit = visits()
    yield visit
    assert visit.complaints == []
