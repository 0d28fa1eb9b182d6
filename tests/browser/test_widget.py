"""The launcher on a town's own page, which lies on another origin than the chat."""

import contextlib
import http.server
import threading

import pytest
from playwright.sync_api import expect

from tests.browser.houses import chat_house

CSP = "default-src 'none'; script-src {url}; frame-src {url}; style-src 'none'"
PAGE = """<!doctype html><html lang="de"><head><title>Stadt Soest</title></head>
<body><h1>Stadt Soest</h1>
<script src="{url}/widget.js" data-town="{town}" async></script></body></html>"""


@contextlib.contextmanager
def town_page(chat_url: str, town: str = "soest"):
    """Serve a page of a town with a strict policy of its own, on another port."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Security-Policy", CSP.format(url=chat_url))
            self.end_headers()
            self.wfile.write(PAGE.format(url=chat_url, town=town).encode())

        def log_message(self, *_args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def embeddable():
    with chat_house(STADTDRAHT_FRAME_ANCESTORS="http://127.0.0.1:*") as house:
        yield house


def test_launcher_opens_a_titled_frame_and_the_chat_works(visits, embeddable):
    chat_url = embeddable[1].url
    with town_page(chat_url) as page_url:
        visit = visits(url=chat_url)
        page = visit.page
        page.goto(page_url)
        launcher = page.get_by_role("button", name="Fragen an die Stadt Soest")
        expect(launcher).to_have_attribute("aria-expanded", "false")
        assert not any("/embed" in each for each in visit.requests)
        launcher.press("Enter")
        expect(launcher).to_have_attribute("aria-expanded", "true")
        assert page.locator("iframe").get_attribute("title") == "Chat der Stadt Soest"
        frame = page.frame_locator("iframe")
        box = frame.get_by_label("Ihre Nachricht")
        expect(box).to_be_focused()
        page.keyboard.type("Wann wird der Müll abgeholt?")
        page.keyboard.press("Enter")
        expect(frame.locator(".entry--bot")).to_contain_text("Jakobistraße")
        page.keyboard.press("Escape")
        expect(page.locator("iframe")).to_be_hidden()
        expect(launcher).to_be_focused()
        launcher.click()
        frame.get_by_role("button", name="Chat schließen").click()
        expect(page.locator("iframe")).to_be_hidden()
        assert visit.complaints == []


def test_page_that_is_not_allowed_cannot_embed(visits, url):
    with town_page(url) as page_url:
        visit = visits()
        visit.page.goto(page_url)
        visit.page.get_by_role("button", name="Fragen an die Stadt Soest").click()
        visit.page.wait_for_timeout(500)
        assert any("frame-ancestors" in each for each in visit.complaints)


def test_unknown_town_adds_nothing(visits, url):
    with town_page(url, town="paderborn") as page_url:
        visit = visits()
        visit.page.goto(page_url, wait_until="networkidle")
        assert visit.page.get_by_role("button").count() == 0


def test_frame_fills_a_small_screen_and_can_be_left(visits, embeddable):
    chat_url = embeddable[1].url
    with town_page(chat_url) as page_url:
        visit = visits(url=chat_url, viewport={"width": 320, "height": 568})
        visit.page.goto(page_url)
        visit.page.get_by_role("button", name="Fragen an die Stadt Soest").click()
        box = visit.page.locator("iframe").bounding_box()
        assert (box["width"], box["height"]) == (320, 568)
        frame = visit.page.frame_locator("iframe")
        frame.get_by_role("button", name="Chat schließen").click()
        expect(visit.page.locator("iframe")).to_be_hidden()
