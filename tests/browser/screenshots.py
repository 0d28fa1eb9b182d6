"""Make the pictures of docs/webchat.md again: ``python -m tests.browser.screenshots``."""

import sys
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.browser.houses import ROOT, chat_house

FOLDER = ROOT / "docs" / "images"
DESK = {"width": 1000, "height": 760}
PHONE = {"width": 390, "height": 780}
HOST_PAGE = """<!doctype html><html lang="de"><head><title>Stadt Soest</title></head>
<body><h1>Stadt Soest</h1><p>Die Internetseite der Stadt.</p>
<script src="{url}/widget.js" data-town="soest"></script></body></html>"""


def main(folder: Path = FOLDER) -> None:
    """Write all pictures into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with chat_house() as (_hub, web), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        start(browser, web.url, folder / "webchat-start.png")
        chat(browser, web.url + "/soest", folder / "webchat-hell.png", DESK, "light")
        chat(browser, web.url + "/arnsberg", folder / "webchat-dunkel.png", DESK, "dark")
        chat(browser, web.url + "/olpe", folder / "webchat-mobil.png", PHONE, "light")
        welcome(browser, web.url + "/soest", folder / "webchat-begruessung.png")
        widget(browser, web.url, folder / "webchat-eingebettet.png")
        browser.close()


def start(browser: Browser, url: str, file: Path) -> None:
    page = browser.new_page(viewport=DESK, locale="de-DE")
    page.goto(url)
    page.screenshot(path=file)


def welcome(browser: Browser, url: str, file: Path) -> None:
    page = browser.new_page(viewport=DESK, locale="de-DE")
    page.goto(url)
    expect(page.locator("body[data-ready]")).to_be_attached()
    page.screenshot(path=file)


def chat(browser: Browser, url: str, file: Path, viewport: dict, scheme: str) -> None:
    page = browser.new_page(
        viewport=viewport, color_scheme=scheme, locale="de-DE", reduced_motion="reduce"
    )
    page.goto(url)
    expect(page.locator("body[data-ready]")).to_be_attached()
    questions = ["Wann wird in der Jakobistraße der Müll abgeholt?", "Wann hat das Bürgerbüro auf?"]
    for number, text in enumerate(questions, 1):
        page.get_by_label("Ihre Nachricht").fill(text)
        page.keyboard.press("Enter")
        expect(page.locator(".entry--bot")).to_have_count(number)
    page.wait_for_timeout(300)
    page.screenshot(path=file)


def widget(browser: Browser, url: str, file: Path) -> None:
    page = browser.new_page(viewport=DESK, locale="de-DE", reduced_motion="reduce")
    page.route(f"{url}/host", lambda route: route.fulfill(
        body=HOST_PAGE.format(url=url), content_type="text/html"))  # fmt: skip
    page.goto(f"{url}/host")
    page.get_by_role("button", name="Fragen an die Stadt Soest").click()
    frame = page.frame_locator("iframe")
    expect(frame.locator("body[data-ready]")).to_be_attached()
    page.wait_for_timeout(300)
    page.screenshot(path=file)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
