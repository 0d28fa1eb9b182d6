// The chat of a town: joins page, queue, stream and server.

import { Api, Refusal } from "./api.js";
import { Menu } from "./menu.js";
import { Queue } from "./queue.js";
import { element, entry } from "./render.js";
import { Stream } from "./stream.js";

const LONG_TEXT = 2_000;
const BODY_LIMIT_BYTES = 15_000;
const TYPING_AFTER_MS = 900;
const AT_END_PX = 48;
const KEYBOARDS = { phone: "tel", number: "numeric" };
const CASES = {
  waiting: "Wir haben einen Menschen aus der Stadtverwaltung gefragt. Es geht hier weiter, sobald jemand frei ist. Eilig? Rufen Sie die 115 an.",
  agent: "Sie schreiben jetzt mit einem Menschen aus der Stadtverwaltung.",
  callback: "Ihr Wunsch nach einem Rückruf ist notiert. Eilig? Rufen Sie die 115 an.",
  closed: "Das Gespräch ist beendet. Sie können jederzeit weiterfragen.",
};

class Chat {
  #last = 0;
  #session = false;
  #busy = false;
  #connected = true;
  #hub = true;
  #delay = null;
  #typing = null;
  #bubbles = new Map();

  constructor() {
    const town = document.documentElement.dataset.town;
    this.name = document.body.dataset.name;
    for (const id of ["entries", "log", "scroll", "welcome", "typing", "case", "trouble", "hint", "message", "composer", "privacy"]) {
      this[id] = document.getElementById(id);
    }
    this.newest = document.getElementById("to-newest");
    this.api = new Api(town);
    this.tabs = new BroadcastChannel(`stadtdraht-${town}`);
    this.queue = new Queue(`stadtdraht-${town}`, (message) => this.#send(message), {
      accepted: (message, answer) => this.#accepted(message, answer),
      refused: (message, refusal) => this.#mark(message, refusal.text, true),
      delayed: (refusal) => this.#delayed(refusal),
    });
    this.stream = new Stream({
      address: () => this.api.streamAddress(this.#last),
      delivery: (delivery) => this.#delivered(delivery),
      state: (state) => this.#changed(state),
      hub: ({ available }) => this.#trouble({ hub: available }),
      gone: () => this.#restart(),
      connected: (connected) => this.#trouble({ connected }),
      refused: () => this.#streamRefused(),
    });
    this.menu = new Menu({ reset: () => this.#leave("reset"), erase: () => this.#leave("erase") });
  }

  async start() {
    this.menu.setConversation(false);
    this.#wirePage();
    await this.#resume();
    for (const message of this.queue.waiting) this.#say(message, { restored: true });
    this.queue.run();
    document.body.dataset.ready = "true";
  }

  // --- what the visitor does ---

  #wirePage() {
    this.composer.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.message.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#submit();
    });
    this.message.addEventListener("input", () => this.#grow());
    for (const button of this.welcome.querySelectorAll("[data-ask]")) {
      button.addEventListener("click", () => this.#ask({ text: button.dataset.ask }, button.dataset.ask));
    }
    this.newest.addEventListener("click", () => {
      this.#toEnd();
      this.message.focus();
    });
    for (const place of [this.scroll, window]) place.addEventListener("scroll", () => this.#offerNewest(), { passive: true });
    this.tabs.addEventListener("message", (event) => this.#heard(event.data));
  }

  #submit() {
    const text = wellFormed(this.message.value.trim());
    if (text === "") {
      this.#hint("Bitte schreiben Sie zuerst Ihre Frage.");
      this.message.focus();
      return;
    }
    if (new TextEncoder().encode(JSON.stringify(text)).length > BODY_LIMIT_BYTES) {
      this.#hint("Das ist zu lang. Bitte kürzen Sie Ihre Nachricht.");
      return;
    }
    this.message.value = "";
    this.#grow();
    this.#ask({ text }, text);
  }

  #ask(content, title) {
    const message = { message_id: newId(), ...content, title, at: new Date().toISOString() };
    this.#say(message);
    this.queue.add(message);
    this.message.focus();
  }

  #grow() {
    this.message.style.height = "auto";
    this.message.style.height = `${this.message.scrollHeight + 3}px`;
    const length = this.message.value.length;
    const long = `${length.toLocaleString("de-DE")} von 2.000 Zeichen. Bitte fassen Sie sich kürzer, sonst verstehe ich Sie nicht gut.`;
    this.#hint(length > LONG_TEXT ? long : "");
  }

  #hint(text) {
    if (this.hint.textContent !== text) this.hint.textContent = text;
  }

  // --- sending ---

  async #send(message) {
    if (!this.#session) await this.#begin();
    const { message_id, text, button } = message;
    return this.api.submit(button === undefined ? { message_id, text } : { message_id, button });
  }

  async #begin() {
    await this.api.begin();
    const { session } = await this.api.conversation();
    if (!session) {
      const text = "Ihr Browser erlaubt dem Chat hier keine Cookies. Bitte öffnen Sie ihn in einem eigenen Fenster.";
      throw new Refusal(401, "no_cookies", text, 0);
    }
    this.#hasConversation(true);
    this.stream.start();
  }

  #accepted(message, answer) {
    this.#delay = null;
    this.#trouble({});
    const bubble = this.#bubbles.get(message.message_id);
    if (bubble?.restored && answer.duplicate) bubble.item.remove();
    else this.#mark(message, "", false);
    this.#bubbles.delete(message.message_id);
    if (!answer.duplicate) this.tabs.postMessage({ kind: "said", message });
    if (answer.state && answer.state.last_number >= this.#last) this.#changed(answer.state);
  }

  #delayed(refusal) {
    this.#delay = refusal.text;
    this.#trouble({});
  }

  #mark(message, text, failed) {
    const item = this.#bubbles.get(message.message_id)?.item;
    if (!item) return;
    item.querySelector(".entry__state")?.remove();
    if (text) item.append(element("p", { class: `entry__state${failed ? " entry__state--failed" : ""}` }, text));
  }

  // --- what comes back ---

  async #resume() {
    let pause = 1_000;
    for (;;) {
      try {
        const { session, state, entries } = await this.api.conversation();
        this.#hasConversation(session);
        if (!session) return;
        this.#showQuietly(entries);
        this.#changed(state);
        this.stream.start();
        this.#trouble({ hub: true });
        return;
      } catch (refusal) {
        if (!refusal.isPassing) return;
        this.#trouble({ hub: false });
        await new Promise((resolve) => setTimeout(resolve, pause));
        pause = Math.min(15_000, pause * 2);
      }
    }
  }

  #showQuietly(entries) {
    this.log.setAttribute("aria-live", "off");
    for (const item of entries) this.#append(item);
    this.#toEnd();
    setTimeout(() => this.log.setAttribute("aria-live", "polite"), 500);
  }

  #delivered(delivery) {
    if (delivery.number <= this.#last) return;
    this.#setTyping(false);
    const atEnd = this.#isAtEnd();
    const item = this.#append(delivery);
    // an answer that is higher than the view is read from its beginning
    if (atEnd) item.scrollIntoView({ block: item.offsetHeight < this.scroll.clientHeight ? "nearest" : "start" });
    this.#offerNewest();
  }

  #append(item) {
    this.#last = Math.max(this.#last, item.number ?? 0);
    this.#dropChoices();
    this.welcome.hidden = true;
    const made = entry(item, this.name, (button) => this.#ask({ button: button.id }, button.title));
    this.entries.append(made);
    if (item.sender !== "user") this.message.inputMode = KEYBOARDS[item.expects] ?? "text";
    return made;
  }

  #say(message, { restored = false } = {}) {
    const item = this.#append({ sender: "user", text: message.title, at: message.at });
    this.#bubbles.set(message.message_id, { item, restored });
    this.privacy.hidden = true;
    setTimeout(() => this.#bubbles.has(message.message_id) && this.#mark(message, "wird gesendet …", false), 1_000);
    this.#toEnd();
  }

  #dropChoices() {
    for (const old of this.entries.querySelectorAll(".choices")) old.remove();
  }

  #changed(state) {
    this.#busy = state.busy && state.status === "bot";
    this.#setTyping(this.#busy);
    const text = CASES[state.status] ?? "";
    if (this.case.textContent !== text) this.case.textContent = text;
  }

  #setTyping(on) {
    clearTimeout(this.#typing);
    if (!on) {
      this.typing.replaceChildren();
    } else if (this.typing.childElementCount === 0) {
      this.#typing = setTimeout(() => this.#showTyping(), TYPING_AFTER_MS);
    }
  }

  #showTyping() {
    const dots = element("span", { class: "typing__dots", "aria-hidden": "true" }, element("i"), element("i"), element("i"));
    this.typing.replaceChildren(dots, "Die Antwort kommt gleich.");
  }

  // --- connection ---

  #trouble({ connected = this.#connected, hub = this.#hub }) {
    this.#connected = connected;
    this.#hub = hub;
    let text = "";
    if (!connected) text = "Die Verbindung ist unterbrochen. Ich verbinde neu; es geht nichts verloren.";
    else if (!hub) text = "Der Assistent ist gerade nicht erreichbar. Eilig? Rufen Sie die 115 an.";
    if (this.queue.waiting.length > 0 && this.#delay) text = this.#delay;
    if (this.trouble.textContent !== text) this.trouble.textContent = text;
    if (connected && hub) this.queue.nudge();
  }

  /** Tell whether the stream is over for good, because there is no session any more. */
  async #streamRefused() {
    try {
      const { session } = await this.api.conversation();
      // what is written stays on the page; the next message begins a new conversation
      this.#hasConversation(session);
      if (!session) this.#last = 0;
      return !session;
    } catch (refusal) {
      if (refusal.status === 503) this.#trouble({ connected: true, hub: false });
      return false;
    }
  }

  // --- leaving a conversation ---

  async #leave(how) {
    try {
      await this.api[how]();
    } catch (refusal) {
      this.trouble.textContent = `${refusal.text} Bitte versuchen Sie es gleich noch einmal.`;
      return;
    }
    this.#restart();
    this.tabs.postMessage({ kind: "restart" });
    this.#hint(how === "erase" ? "Die Unterhaltung ist gelöscht." : "Neue Unterhaltung.");
  }

  #restart() {
    this.stream.stop();
    this.queue.clear();
    this.#bubbles.clear();
    this.#last = 0;
    this.#delay = null;
    this.entries.replaceChildren();
    this.case.textContent = "";
    this.#setTyping(false);
    this.#hasConversation(false);
    this.welcome.hidden = false;
    this.#trouble({ connected: true, hub: true });
  }

  #hasConversation(exists) {
    this.#session = exists;
    this.menu.setConversation(exists);
    this.privacy.hidden = exists;
  }

  async #heard({ kind, message }) {
    if (kind === "restart") this.#restart();
    if (kind !== "said") return;
    if (!this.#session) await this.#resume();
    else this.#append({ sender: "user", text: message.title, at: message.at });
  }

  // --- scrolling ---

  get #scroller() {
    return getComputedStyle(this.scroll).overflowY === "visible" ? document.scrollingElement : this.scroll;
  }

  #isAtEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    return scrollHeight - scrollTop - clientHeight < AT_END_PX + this.typing.offsetHeight;
  }

  #toEnd() {
    const scroller = this.#scroller;
    if (scroller === this.scroll) scroller.scrollTop = scroller.scrollHeight;
    else this.entries.lastElementChild?.scrollIntoView({ block: "nearest" });
    this.newest.hidden = true;
  }

  #offerNewest() {
    this.newest.hidden = this.#isAtEnd() || this.entries.childElementCount === 0;
  }
}

/** A random id. `crypto.randomUUID` is missing on pages without HTTPS. */
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

function wellFormed(text) {
  return text.toWellFormed?.() ?? text;
}

/** In a frame on a town's page: tell the page when the visitor wants to close the chat. */
function wireFrame(chat) {
  if (document.body.dataset.layout !== "embed" || window.parent === window) return;
  const close = document.getElementById("close-button");
  const leave = () => window.parent.postMessage({ stadtdraht: "close" }, "*");
  close.hidden = false;
  close.addEventListener("click", leave);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.defaultPrevented && !document.querySelector("dialog[open]")) leave();
  });
  window.addEventListener("message", (event) => {
    if (event.source === window.parent && event.data?.stadtdraht === "opened") chat.message.focus();
  });
}

const chat = new Chat();
wireFrame(chat);
chat.start();
