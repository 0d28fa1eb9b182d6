"""Pages, static files and the headers that protect them."""

import re

import pytest

from channels.webchat.app import create_app
from channels.webchat.towns import Town, accent_sheet
from tests.channels.webchat.conftest import TOWNS, House, settings

PAGES = ["/", "/datenschutz", "/soest", "/bad-berleburg", "/olpe/embed"]


@pytest.mark.parametrize("path", PAGES)
async def test_pages_are_german_and_titled(browser, path):
    response = await browser.get(path)
    assert response.status_code == 200
    assert re.search(r'<html lang="de"', response.text)
    assert re.search(r"<title>[^<]{5,}</title>", response.text)
    assert "$" not in response.text


@pytest.mark.parametrize("path", PAGES)
async def test_policy_allows_nothing_inline_and_nothing_foreign(browser, path):
    response = await browser.get(path)
    policy = response.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "require-trusted-types-for 'script'" in policy
    assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=|<style", response.text)
    addresses = re.findall(r'(?:src|href)="([^"]+)"', response.text)
    loaded = [each for each in addresses if each.endswith((".css", ".js", ".svg"))]
    assert loaded
    assert all(each.startswith("/static/") for each in loaded)


async def test_only_the_frame_may_be_embedded(houses):
    house = houses(frame_ancestors="'self' https://www.soest.de")
    async with house.browser() as browser:
        page = (await browser.get("/soest")).headers["Content-Security-Policy"]
        embed = (await browser.get("/soest/embed")).headers["Content-Security-Policy"]
    assert page.endswith("frame-ancestors 'none'")
    assert embed.endswith("frame-ancestors 'self' https://www.soest.de")


@pytest.mark.parametrize("path", [*PAGES, "/widget.js", "/api/conversation", "/nichts/da/drin"])
async def test_headers_of_every_answer(browser, path):
    headers = (await browser.get(path)).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert "Content-Security-Policy" in headers
    assert "Strict-Transport-Security" not in headers


async def test_strict_transport_over_https(houses):
    async with houses(cookie_secure=True).browser() as browser:
        assert "max-age=31536000" in (await browser.get("/")).headers["Strict-Transport-Security"]


async def test_static_files_are_kept_for_ever_under_their_version(browser):
    page = (await browser.get("/soest")).text
    for address in set(re.findall(r'(?:src|href)="(/static/[^"]+)"', page)):
        response = await browser.get(address)
        assert response.status_code == 200, address
        assert "immutable" in response.headers["Cache-Control"]
        again = await browser.get(address, headers={"If-None-Match": response.headers["ETag"]})
        assert again.status_code == 304
        assert again.content == b""


async def test_modules_of_the_widget_import_only_each_other(browser):
    base = re.search(r"(/static/\w+/)chat\.js", (await browser.get("/soest")).text)[1]
    waiting, seen = ["chat.js"], set()
    while waiting:
        name = waiting.pop()
        seen.add(name)
        text = (await browser.get(base + name)).text
        assert text, name
        imported = re.findall(r'from "([^"]+)"', text)
        assert all(re.fullmatch(r"\./\w+\.js", each) for each in imported)
        waiting += [each[2:] for each in imported if each[2:] not in seen]
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", text)
    assert len(seen) == 6


@pytest.mark.parametrize(
    "path", ["/static/0/chat.js", "/static/../app.py", "/static/x/..%2fapp.py", "/paderborn",
             "/soest/nichts", "/paderborn/embed"]
)  # fmt: skip
async def test_what_is_not_there(browser, path):
    response = await browser.get(path)
    assert response.status_code == 404
    assert "Diese Seite gibt es nicht" in response.text


async def test_slash_at_the_end_leads_to_the_town_whatever_host_is_claimed(browser):
    response = await browser.get("/soest/", headers={"Host": "evil.test"})
    assert response.status_code == 308
    assert response.headers["Location"] == "/soest"
    assert (await browser.get("/paderborn/")).status_code == 404


async def test_widget_may_be_used_by_other_sites(browser):
    response = await browser.get("/widget.js")
    assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert response.headers["Content-Type"].startswith("text/javascript")
    assert '"Bad Berleburg"' in response.text
    assert "/* TOWNS */" not in response.text


async def test_pages_are_checked_again_and_answers_never_kept(browser):
    assert (await browser.get("/soest")).headers["Cache-Control"] == "no-cache"
    assert (await browser.get("/api/conversation")).headers["Cache-Control"] == "no-store"


async def test_names_are_escaped(hub):
    house = House(hub)
    town = Town("neustadt", '<b>"Neustadt" & Co</b>', "https://x.test/?a=1&b=2", "#000000", "#fff")
    house.app = create_app(settings(), house.client, towns=[town])
    async with house.browser() as browser:
        for path in ("/", "/neustadt"):
            text = (await browser.get(path)).text
            assert "<b>" not in text
            assert "&lt;b&gt;&quot;Neustadt&quot; &amp; Co" in text
    await house.client.close()


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, two: str) -> float:
    bright, dark = sorted((luminance(one), luminance(two)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("town", TOWNS, ids=lambda town: town.slug)
def test_colours_of_the_towns_can_be_read(town):
    assert contrast(town.accent, "#ffffff") >= 4.5
    assert contrast(town.accent, "#f6f5f1") >= 4.5
    assert contrast(town.accent_dark, "#1f2528") >= 4.5
    assert contrast(town.accent_dark, "#14181a") >= 4.5


def test_style_sheet_names_every_town():
    sheet = accent_sheet(TOWNS)
    assert all(sheet.count(f'[data-town="{town.slug}"]') == 2 for town in TOWNS)
