"""What machines can check of accessibility: axe, zoom, contrast modes, motion, structure."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
SCHEMES = ["light", "dark"]
HOST_PAGE = """<!doctype html><html lang="de"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>Stadt Soest</title></head>
<body><main><h1>Stadt Soest</h1><p>Die Internetseite der Stadt.</p></main>
<script src="{url}/widget.js" data-town="soest" async></script></body></html>"""


def violations(page: Page) -> list[str]:
    """Run axe and return what it found, one line for each element."""
    results = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}})
    assert results.response["testEngine"]["version"].startswith("4.")
    assert results.response["passes"], "axe checked nothing"
    return [
        f"{each['id']} ({each['impact']}): {node['target']} {node['failureSummary']}"
        for each in results.response["violations"]
        for node in each["nodes"]
    ]


def full_conversation(visit, path="/soest") -> Page:
    page = visit.open(path)
    visit.ask("Wann wird der Müll abgeholt?", "Jakobistraße")
    visit.ask("Ich brauche einen Ausweis", "Personalausweis")
    visit.ask("Wann hat das Bürgerbüro auf?", "Für welche Stadt")
    return page


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("path", ["/", "/datenschutz", "/nirgendwo", "/soest/nichts"])
def test_axe_finds_nothing_on_pages(visits, path, scheme):
    page = visits(color_scheme=scheme).page
    page.goto(visits().url + path)
    assert violations(page) == []


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("town", ["arnsberg", "bad-berleburg", "olpe", "soest"])
def test_axe_finds_nothing_before_and_in_a_conversation(visits, town, scheme):
    visit = visits(color_scheme=scheme)
    assert violations(visit.open(f"/{town}")) == []
    assert violations(full_conversation(visit, f"/{town}")) == []


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("viewport", [{"width": 320, "height": 640}, {"width": 320, "height": 256}])
def test_axe_finds_nothing_when_small(visits, scheme, viewport):
    visit = visits(color_scheme=scheme, viewport=viewport)
    assert violations(full_conversation(visit, "/soest/embed")) == []


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(
    "item", ["Neue Unterhaltung", "Unterhaltung speichern", "Unterhaltung löschen"]
)
def test_axe_finds_nothing_with_a_dialog_open(visits, item, scheme):
    visit = visits(color_scheme=scheme)
    page = full_conversation(visit)
    page.get_by_role("button", name="Menü").click()
    assert violations(page) == []
    page.get_by_role("button", name=item).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert violations(page) == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing_in_trouble_and_while_waiting(visits, hub, scheme):
    visit = visits(color_scheme=scheme)
    page = visit.open()
    visit.ask("Ich möchte einen Menschen sprechen", "Ich frage einen Menschen")
    hub.down = True
    visit.ask("Hallo?")
    expect(page.locator("#trouble")).not_to_have_text("")
    assert violations(page) == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing_on_a_town_page_with_the_launcher(visits, scheme):
    visit = visits(color_scheme=scheme)
    page = open_host_page(visit)
    assert violations(page) == []
    page.get_by_role("button", name="Fragen an die Stadt Soest").click()
    expect(page.frame_locator("iframe").locator("body[data-ready]")).to_be_attached()
    assert violations(page) == []


def open_host_page(visit) -> Page:
    html = HOST_PAGE.format(url=visit.url)
    visit.page.route(
        "**/host", lambda route: route.fulfill(body=html, content_type="text/html; charset=utf-8")
    )
    visit.page.goto(f"{visit.url}/host")
    return visit.page


def overflow(page: Page) -> int:
    return page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )


# 1280 x 1024 at 200 % and at 400 % are 640 x 512 and 320 x 256 in CSS pixels
@pytest.mark.parametrize(("width", "height"), [(320, 640), (640, 512), (320, 256)])
@pytest.mark.parametrize("path", ["/", "/datenschutz", "/bad-berleburg", "/soest/embed"])
def test_nothing_scrolls_sideways_when_zoomed(visits, path, width, height):
    visit = visits(viewport={"width": width, "height": height})
    visit.page.goto(visit.url + path)
    assert overflow(visit.page) == 0


LONG_WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"


@pytest.mark.parametrize(("width", "height"), [(320, 640), (320, 256)])
def test_conversation_at_four_hundred_per_cent(visits, width, height):
    visit = visits(viewport={"width": width, "height": height})
    page = full_conversation(visit)
    visit.ask(LONG_WORD * 2, LONG_WORD)
    assert overflow(page) == 0
    assert page.locator("#scroll").evaluate("box => box.scrollWidth - box.clientWidth") <= 0
    page.get_by_label("Ihre Nachricht").scroll_into_view_if_needed()
    expect(page.get_by_role("button", name="Senden")).to_be_in_viewport(ratio=0.9)


def test_dialogs_fit_at_four_hundred_per_cent(visits):
    visit = visits(viewport={"width": 320, "height": 256})
    page = full_conversation(visit)
    page.get_by_role("button", name="Menü").click()
    page.get_by_role("button", name="Unterhaltung löschen").click()
    confirm = page.get_by_role("button", name="Endgültig löschen")
    confirm.scroll_into_view_if_needed()
    expect(confirm).to_be_in_viewport(ratio=0.9)


def test_text_can_be_twice_as_large(visits):
    visit = visits(viewport={"width": 640, "height": 900})
    page = full_conversation(visit)
    page.evaluate("document.documentElement.style.setProperty('font-size', '200%')")
    assert overflow(page) == 0
    expect(page.get_by_role("button", name="Senden")).to_be_in_viewport()


def test_wide_text_spacing_hides_nothing(visits):
    """WCAG 1.4.12: line height 1.5, paragraphs 2, letters 0.12, words 0.16."""
    visit = visits(viewport={"width": 390, "height": 800})
    page = full_conversation(visit)
    page.evaluate(
        """for (const each of document.querySelectorAll('*')) {
             each.style?.setProperty('line-height', '1.5', 'important');
             each.style?.setProperty('letter-spacing', '0.12em', 'important');
             each.style?.setProperty('word-spacing', '0.16em', 'important');
        }"""
    )
    assert overflow(page) == 0
    expect(page.get_by_role("button", name="Senden")).to_be_in_viewport(ratio=0.99)


def test_nothing_moves_when_motion_is_unwanted(visits, hub):
    hub.delay = 4.0
    visit = visits(reduced_motion="reduce")
    page = visit.open()
    visit.ask("Hallo")
    dot = page.locator(".typing__dots i").first
    expect(dot).to_be_attached()
    assert dot.evaluate("dot => getComputedStyle(dot).animationName") == "none"


def test_typing_moves_when_motion_is_welcome(visits, hub):
    hub.delay = 4.0
    visit = visits(reduced_motion="no-preference")
    page = visit.open()
    visit.ask("Hallo")
    dot = page.locator(".typing__dots i").first
    expect(dot).to_be_attached()
    assert dot.evaluate("dot => getComputedStyle(dot).animationName") == "breathe"


def test_dark_pages_are_dark(visits):
    page = visits(color_scheme="dark").open()
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    red, green, blue = (int(part) for part in colour.strip("rgb()").split(","))
    assert max(red, green, blue) < 60


def test_forced_colours_keep_bubbles_apart(visits):
    visit = visits(forced_colors="active")
    page = full_conversation(visit)
    border = "bubble => getComputedStyle(bubble).borderTopWidth"
    assert page.locator(".entry--user .bubble").first.evaluate(border) == "2px"
    assert page.locator(".entry--bot .bubble").first.evaluate(border) == "1px"
    assert violations(page) == []


def test_question_and_answer_are_told_apart_by_words(visits):
    page = full_conversation(visits())
    expect(page.locator(".entry--user .entry__who").first).to_contain_text("Sie")
    expect(page.locator(".entry--bot .entry__who").first).to_contain_text("Assistent")


def test_log_is_a_polite_region_around_a_real_list(visits):
    page = full_conversation(visits())
    log = page.get_by_role("log", name="Gesprächsverlauf")
    expect(log).to_have_attribute("aria-live", "polite")
    expect(log).to_have_attribute("tabindex", "0")
    assert log.locator("> ol > li").count() == 6


def test_answer_comes_into_the_log_as_one_change(visits):
    """A screen reader reads what is added; an answer must be complete when it is."""
    visit = visits()
    page = visit.open()
    page.evaluate(
        """window.seen = [];
        new MutationObserver((changes) => changes.forEach((change) => change.addedNodes.forEach(
          (node) => window.seen.push(node.textContent))))
          .observe(document.getElementById('log'), {childList: true, subtree: true});"""
    )
    visit.ask("Wann wird der Müll abgeholt?", "Jakobistraße")
    seen = page.evaluate("window.seen")
    assert len(seen) == 2
    assert seen[0].startswith("Sie")
    assert "Quelle: Abfallkalender" in seen[1]


def test_every_control_is_large_enough_to_hit(visits):
    visit = visits(viewport={"width": 320, "height": 640})
    page = full_conversation(visit)
    for button in page.locator("button:visible").all():
        box = button.bounding_box()
        assert box["height"] >= 44
        assert box["width"] >= 44


def test_focus_can_be_seen_on_every_stop(visits):
    page = full_conversation(visits())
    page.locator("body").press("Tab")
    for _ in range(8):
        width = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
        assert float(width.removesuffix("px")) >= 2
        page.keyboard.press("Tab")
