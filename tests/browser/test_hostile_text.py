"""Test S2: whatever an answer or a visitor says stays text."""

import json

import pytest
from playwright.sync_api import expect

CANARY = "http://canary.invalid"
PAYLOADS = [
    "<script>alert(1)</script>",
    f"<img src={CANARY}/i onerror=alert(1)>",
    f'"><svg/onload=fetch("{CANARY}/s")>',
    "<svg><script>alert(1)</script></svg>",
    f"<iframe src={CANARY}/f></iframe>",
    f"<iframe srcdoc='<img src={CANARY}/d>'></iframe>",
    f"<object data={CANARY}/o></object>",
    f"<embed src={CANARY}/e>",
    f"<link rel=stylesheet href={CANARY}/l>",
    f"<style>@import url({CANARY}/st);body{{display:none}}</style>",
    f"<div style=\"background:url('{CANARY}/bg')\">x</div>",
    f"<video src={CANARY}/v autoplay></video>",
    f"<base href={CANARY}/>",
    f"<meta http-equiv=refresh content='0;url={CANARY}/m'>",
    f"<form action={CANARY}><input name=a><button>los</button></form>",
    "<details open ontoggle=alert(1)>",
    "<input autofocus onfocus=alert(1)>",
    "<body onload=alert(1)>",
    "<math><mtext></p><img src=x onerror=alert(1)></math>",
    "<template><script>alert(1)</script></template>",
    f"![bild]({CANARY}/md.png)",
    f"[klick]({CANARY}/link)",
    "[klick](javascript:alert(1))",
    "<javascript:alert(1)>",
    f"- <img src={CANARY}/li onerror=alert(1)>",
    "${alert(1)} {{constructor.constructor('alert(1)')()}} #{alert(1)}",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "\u202e<script>alert(1)</script>",
    "</ol></div><script>alert(1)</script>",
    "'-alert(1)-'",
    "\\u003cscript\\u003ealert(1)\\u003c/script\\u003e",
    "＜script＞alert(1)＜/script＞",
    "<!--<img src=x onerror=alert(1)>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "data:text/html,<script>alert(1)</script>",
    f"<a href='{CANARY}/ping' ping='{CANARY}/p'>x</a>",
]
ADDRESSES = [
    "javascript:alert(1)",
    " javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\tscript:alert(1)",
    "\x01javascript:alert(1)",
    "vbscript:msgbox(1)",
    "data:text/html,<script>alert(1)</script>",
    "blob:http://x/1",
    "file:///etc/passwd",
    "//canary.invalid/x",
    "http:javascript",
    '" onmouseover="alert(1)',
]


@pytest.fixture
def watched(visits):
    visit = visits()
    visit.dialogs = []
    visit.page.on("dialog", lambda dialog: (visit.dialogs.append(dialog.message), dialog.dismiss()))
    yield visit
    assert visit.dialogs == []
    assert visit.foreign_requests() == []
    assert visit.complaints == []


def test_hostile_answers_stay_text(watched, hub):
    page = watched.open()
    for number, payload in enumerate(PAYLOADS, 1):
        answer = {"text": payload, "source": {"title": payload, "url": None}, "buttons": [payload]}
        hub.script = lambda _text, answer=answer: [answer]
        watched.ask(f"Frage {number}")
        expect(page.locator(".entry--bot")).to_have_count(number)
    assert (
        page.locator("#entries :is(script, img, svg, iframe, object, embed, style, form)").count()
        == 0
    )
    bubbles = page.locator(".entry--bot .bubble > *:first-child")
    shown = [bubbles.nth(number).inner_text() for number in range(len(PAYLOADS))]
    assert [each.removeprefix("- ").strip() for each in PAYLOADS] == [
        each.strip() for each in shown
    ]


def test_hostile_questions_stay_text_also_after_a_reload(watched):
    page = watched.open()
    for payload in PAYLOADS:
        watched.ask(payload)
    expect(page.locator(".entry--bot")).to_have_count(len(PAYLOADS), timeout=30_000)
    page.reload()
    watched.wait_ready()
    expect(page.locator(".entry")).to_have_count(2 * len(PAYLOADS))
    assert (
        page.locator("#entries :is(script, img, svg, iframe, object, embed, style, form)").count()
        == 0
    )


def test_hostile_addresses_are_no_links(watched, hub):
    page = watched.open()
    links = [{"title": f"Link {number}", "url": url} for number, url in enumerate(ADDRESSES)]
    good = {"title": "Guter Link", "url": "https://www.soest.de/"}
    answer = {"text": "Hier", "links": [*links, good],
              "source": {"title": "Quelle", "url": ADDRESSES[0]}}  # fmt: skip
    watched.ask("json:" + json.dumps([answer]))
    expect(page.locator(".entry--bot .links")).to_be_visible()
    links = page.locator(".entry--bot a")
    assert [link.get_attribute("href") for link in links.all()] == ["https://www.soest.de/"]


def test_widget_refuses_hostile_addresses_by_itself(watched):
    """The server filters them; the widget does not rely on it."""
    page = watched.open()
    tags = page.evaluate(
        """async (addresses) => {
          const module = document.querySelector('script[type=module]').src;
          const { link } = await import(module.replace('chat.js', 'render.js'));
          return addresses.map((address) => link('x', address).tagName);
        }""",
        [each for each in ADDRESSES if each != "http:javascript"],
    )
    assert set(tags) == {"SPAN"}


@pytest.fixture(autouse=True)
def _script_back(hub):
    before = hub.script
    yield
    hub.script = before
