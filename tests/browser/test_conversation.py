"""A visitor's way through the chat: asking, choosing, coming back, saving, deleting."""

import json
import re

import pytest
from playwright.sync_api import expect

from tests.browser.houses import chat_house


def test_question_gets_its_answer_with_source_date_and_mark(visit):
    page = visit.open()
    visit.ask("Wann wird der Müll abgeholt?", "Jakobistraße")
    answer = page.locator(".entry--bot").last
    expect(answer.get_by_role("listitem").first).to_contain_text("Biomüll")
    expect(answer).to_contain_text("Quelle: Abfallkalender der Stadt Soest")
    expect(answer).to_contain_text("Stand: 20.11.2026")
    expect(answer.get_by_text("Demo-Angabe")).to_be_visible()
    source = answer.get_by_role("link", name="Abfallkalender")
    expect(source).to_have_attribute("href", "https://www.soest.de/abfall")
    expect(source).to_have_attribute("rel", "noopener noreferrer")


def test_focus_stays_in_the_input_and_it_is_empty(visit):
    page = visit.open()
    visit.ask("Hallo", "Sie haben geschrieben: Hallo")
    expect(page.get_by_label("Ihre Nachricht")).to_be_focused()
    expect(page.get_by_label("Ihre Nachricht")).to_have_value("")


def test_shift_enter_makes_a_line_and_enter_sends(visit):
    page = visit.open()
    page.get_by_label("Ihre Nachricht").focus()
    page.keyboard.type("erste")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("zweite")
    page.keyboard.press("Enter")
    expect(page.locator(".entry--user .bubble")).to_have_text(re.compile("erste\\s*zweite"))


def test_empty_message_is_explained_and_not_sent(visit, hub):
    before = len(hub.messages)
    page = visit.open()
    page.get_by_role("button", name="Senden").click()
    expect(page.locator("#hint")).to_have_text("Bitte schreiben Sie zuerst Ihre Frage.")
    assert len(hub.messages) == before


def test_long_message_gets_a_hint(visit):
    page = visit.open()
    page.get_by_label("Ihre Nachricht").fill("a" * 2001)
    expect(page.locator("#hint")).to_contain_text("2.001 von 2.000 Zeichen")


def test_button_is_sent_as_an_id_and_shown_as_words(visit, hub):
    page = visit.open()
    visit.ask("Wann hat das Bürgerbüro auf?", "Für welche Stadt")
    page.get_by_role("button", name="Bad Berleburg").click()
    expect(page.locator(".entry--bot").last).to_contain_text("Bad Berleburg")
    assert hub.messages[-1].button == "b_1_1"
    assert hub.messages[-1].text is None
    expect(page.locator(".entry .choices")).to_have_count(0)


def test_frequent_question_of_the_welcome(visit):
    page = visit.open()
    page.get_by_role("button", name="Müllabfuhr").click()
    expect(page.locator(".entry--bot")).to_contain_text("Jakobistraße")
    expect(page.get_by_role("heading", name="Guten Tag!")).to_be_hidden()


def test_keyboard_alone_is_enough(visit):
    page = visit.open()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Zum Eingabefeld springen")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.type("Wann hat das Bürgerbüro auf?")
    page.keyboard.press("Enter")
    expect(page.locator(".entry--bot")).to_contain_text("Für welche Stadt")
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("button", name="Soest")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".entry--bot").last).to_contain_text("Sie haben geschrieben: Soest")
    expect(page.get_by_label("Ihre Nachricht")).to_be_focused()
    page.get_by_role("button", name="Menü").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Unterhaltung löschen")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Unterhaltung löschen?")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name="Menü")).to_be_focused()


def test_escape_closes_the_menu_and_returns_the_focus(visit):
    page = visit.open()
    page.get_by_role("button", name="Menü").click()
    expect(page.get_by_role("button", name="Neue Unterhaltung")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Neue Unterhaltung")).to_be_hidden()
    expect(page.get_by_role("button", name="Menü")).to_be_focused()


def test_reload_shows_the_conversation_again_without_announcing_it(visit):
    page = visit.open()
    visit.ask("Wann wird der Müll abgeholt?", "Jakobistraße")
    visit.ask("Wann hat das Bürgerbüro auf?", "Für welche Stadt")
    before = visit.texts()
    page.reload()
    visit.wait_ready()
    expect(page.locator(".entry")).to_have_count(4)
    assert visit.texts() == before
    expect(page.get_by_role("button", name="Olpe")).to_be_visible()
    expect(page.get_by_text("Demo-Angabe")).to_be_visible()
    expect(page.get_by_role("log")).to_have_attribute("aria-live", "polite")


def test_nothing_is_stored_before_the_first_message(visit, hub):
    before = len(hub.calls)
    page = visit.open()
    expect(page.get_by_text("Wir speichern Ihre Nachricht")).to_be_visible()
    expect(page.get_by_role("link", name="So schützen wir Ihre Daten")).to_be_visible()
    assert page.context.cookies() == []
    assert len(hub.calls) == before
    visit.ask("Hallo", "Hallo")
    (cookie,) = page.context.cookies()
    assert cookie["httpOnly"] is True
    assert cookie["sameSite"] == "Lax"
    assert page.evaluate("document.cookie") == ""


def test_token_is_in_no_address_and_in_no_page(visit):
    page = visit.open()
    visit.ask("Hallo", "Hallo")
    token = page.context.cookies()[0]["value"].split(".")[0]
    assert not any(token in address for address in visit.requests)
    assert token not in page.content()


def test_delete_removes_everything_and_begins_anew(visit, hub):
    page = visit.open()
    visit.ask("Mein Geheimnis", "Geheimnis")
    page.get_by_role("button", name="Menü").click()
    page.get_by_role("button", name="Unterhaltung löschen").click()
    page.get_by_role("button", name="Endgültig löschen").click()
    expect(page.locator(".entry")).to_have_count(0)
    expect(page.locator("#hint")).to_have_text("Die Unterhaltung ist gelöscht.")
    assert page.context.cookies() == []
    assert not any("Geheimnis" in json.dumps(each.entries) for each in hub.by_address.values())
    visit.ask("Guten Tag", "Guten Tag")
    page.reload()
    expect(page.locator(".entry")).to_have_count(2)


def test_delete_needs_consent(visit):
    page = visit.open()
    visit.ask("Hallo", "Hallo")
    page.get_by_role("button", name="Menü").click()
    page.get_by_role("button", name="Unterhaltung löschen").click()
    page.get_by_role("button", name="Abbrechen").click()
    expect(page.locator(".entry")).to_have_count(2)
    assert len(page.context.cookies()) == 1


def test_new_conversation_gets_a_new_session(visit):
    page = visit.open()
    visit.ask("Hallo", "Hallo")
    before = page.context.cookies()[0]["value"]
    page.get_by_role("button", name="Menü").click()
    page.get_by_role("button", name="Neue Unterhaltung").click()
    page.get_by_role("button", name="Neu beginnen").click()
    expect(page.get_by_role("heading", name="Guten Tag!")).to_be_visible()
    assert page.context.cookies()[0]["value"].split(".")[0] != before.split(".")[0]
    visit.ask("Noch einmal", "Noch einmal")
    expect(page.locator(".entry")).to_have_count(2)


@pytest.mark.parametrize(("name", "file"), [("Als Text", "gespraech.txt"),
                                            ("Als JSON", "gespraech.json")])  # fmt: skip
def test_saving_downloads_the_conversation(visit, tmp_path, name, file):
    page = visit.open()
    visit.ask("Wann wird der Müll abgeholt?", "Jakobistraße")
    page.get_by_role("button", name="Menü").click()
    page.get_by_role("button", name="Unterhaltung speichern").click()
    with page.expect_download() as downloading:
        page.get_by_role("link", name=name).click()
    download = downloading.value
    download.save_as(tmp_path / file)
    assert download.suggested_filename == file
    text = (tmp_path / file).read_text(encoding="utf-8")
    assert "Wann wird der Müll abgeholt?" in text
    assert "Abfallkalender" in text


def test_menu_offers_nothing_to_save_before_the_first_message(visit):
    page = visit.open()
    page.get_by_role("button", name="Menü").click()
    for name in ("Neue Unterhaltung", "Unterhaltung speichern", "Unterhaltung löschen"):
        expect(page.get_by_role("button", name=name)).to_be_disabled()


def test_waiting_for_a_human_is_said_with_the_telephone_number(visit, hub_thread):
    page = visit.open()
    visit.ask("Ich möchte einen Menschen sprechen", "Ich frage einen Menschen")
    expect(page.locator("#case")).to_contain_text("115")
    hub_thread.deliver({"text": "Hier ist Frau Weber."}, sender="agent", status="agent")
    expect(page.locator(".entry--agent")).to_contain_text("Mitarbeiterin oder Mitarbeiter")
    expect(page.locator("#case")).to_contain_text("mit einem Menschen")


def test_typing_is_shown_only_when_it_takes_a_while(visit, hub):
    hub.delay = 3.0
    page = visit.open()
    visit.ask("Hallo")
    expect(page.locator("#typing")).to_have_text("Die Antwort kommt gleich.")
    expect(page.locator(".entry--bot")).to_have_count(1)
    expect(page.locator("#typing")).to_have_text("")


def test_newest_is_offered_after_scrolling_back(visit):
    page = visit.open()
    for number in range(6):
        visit.ask(f"Frage {number} {'wort ' * 60}", f"Frage {number}")
    page.locator("#scroll").evaluate("box => box.scrollTo(0, 0)")
    newest = page.get_by_role("button", name="Zum neuesten Beitrag")
    expect(newest).to_be_visible()
    newest.click()
    expect(newest).to_be_hidden()
    expect(page.locator(".entry").last).to_be_in_viewport()


def test_second_window_follows_the_first(visit):
    page = visit.open()
    visit.ask("Hallo", "Hallo")
    second = page.context.new_page()
    second.goto(visit.url + "/soest")
    expect(second.locator(".entry")).to_have_count(2)
    visit.ask("Und noch etwas", "noch etwas")
    expect(second.locator(".entry--user").last).to_contain_text("Und noch etwas")
    expect(second.locator(".entry--bot").last).to_contain_text("Und noch etwas")


def test_towns_have_conversations_of_their_own(visit):
    page = visit.open("/soest")
    visit.ask("Hallo", "Hallo")
    visit.open("/olpe")
    expect(page.get_by_role("heading", name="Stadt Olpe")).to_be_visible()
    expect(page.locator(".entry")).to_have_count(0)


def test_start_page_leads_to_every_town(visit):
    for name in ("Arnsberg", "Bad Berleburg", "Olpe", "Soest"):
        visit.page.goto(visit.url)
        visit.page.get_by_role("link", name=name).click()
        expect(visit.page.get_by_role("heading", name=f"Stadt {name}")).to_be_visible()


def test_without_javascript_the_page_names_other_ways(visits):
    page = visits(java_script_enabled=False).page
    page.goto(visits().url + "/soest")
    expect(page.get_by_role("link", name="115")).to_be_visible()
    expect(page.get_by_role("link", name="die Internetseite der Stadt Soest")).to_have_attribute(
        "href", "https://www.soest.de"
    )
    expect(page.get_by_label("Ihre Nachricht")).to_be_hidden()


def test_no_request_leaves_the_own_origin(visit):
    visit.page.goto(visit.url)
    for path in ("/soest", "/olpe/embed", "/datenschutz"):
        visit.page.goto(visit.url + path)
    visit.open("/soest")
    visit.ask("Wann wird der Müll abgeholt?", "Jakobistraße")
    visit.page.reload()
    visit.wait_ready()
    assert visit.foreign_requests() == []
    assert len(visit.requests) > 10


def test_killed_server_loses_and_doubles_nothing(visits):
    with chat_house() as (hub, web):
        visit = visits(url=web.url)
        page = visit.open()
        visit.ask("eins", "eins")
        web.kill()
        visit.ask("zwei")
        visit.ask("drei")
        expect(page.locator(".entry--user").last).to_contain_text("wird gesendet")
        expect(page.locator("#trouble")).to_contain_text("Verbindung")
        web.start()
        expect(page.locator(".entry--bot")).to_have_count(3, timeout=30_000)
        expect(page.locator("#trouble")).to_have_text("")
        assert hub.hub.texts() == ["eins", "zwei", "drei"]
        answers = page.locator(".entry--bot .bubble").all_inner_texts()
        assert answers == [f"Sie haben geschrieben: {text}" for text in ("eins", "zwei", "drei")]
        assert page.locator(".entry__state").count() == 0


def test_reload_while_the_server_is_away_keeps_what_was_written(visits):
    with chat_house() as (hub, web):
        visit = visits(url=web.url)
        page = visit.open()
        visit.ask("eins", "eins")
        hub.hub.down = True
        visit.ask("zwei")
        expect(page.locator("#trouble")).to_contain_text("115")
        page.reload()
        expect(page.locator("#trouble")).to_contain_text("115")
        hub.hub.down = False
        expect(page.locator(".entry--bot")).to_have_count(2, timeout=30_000)
        assert hub.hub.texts() == ["eins", "zwei"]
        assert page.locator(".entry--user").count() == 2


def test_answer_lost_on_the_way_does_not_double_the_message(visits):
    """The server stored the message and died before it could say so."""
    with chat_house() as (hub, web):
        visit = visits(url=web.url)
        page = visit.open()
        visit.ask("eins", "eins")
        page.route("**/api/messages*", lambda route: (route.fetch(), route.abort()))
        visit.ask("zwei")
        expect(page.locator(".entry--bot")).to_have_count(2)
        page.unroute_all(behavior="ignoreErrors")  # a repeat may be on its way
        page.reload()
        visit.wait_ready()
        expect(page.locator(".entry--user")).to_have_count(2)
        assert hub.hub.texts() == ["eins", "zwei"]
