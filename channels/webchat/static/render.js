// Building what is shown. Everything comes in as text and stays text: no markup is ever parsed.

const SAFE = new Set(["http:", "https:", "mailto:", "tel:"]);
const CLOCK = new Intl.DateTimeFormat("de-DE", { hour: "2-digit", minute: "2-digit", timeZone: "Europe/Berlin" });
const ITEM = /^\s*[-•] +/;

/** Make an element. `content` is a list of nodes and strings; strings become text. */
export function element(name, attributes = {}, ...content) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...content);
  return made;
}

/** A link that opens in a new window, or plain text when the address is not of a safe kind. */
export function link(title, address) {
  let url;
  try {
    url = new URL(address);
  } catch {
    return element("span", {}, title);
  }
  if (!SAFE.has(url.protocol)) return element("span", {}, title);
  if (!url.protocol.startsWith("http")) return element("a", { href: url.href }, title);
  return element(
    "a",
    { href: url.href, target: "_blank", rel: "noopener noreferrer" },
    title,
    element("span", { class: "hidden-text" }, " (neues Fenster)"),
  );
}

/** Paragraphs and lists of a text. Lines that begin with "- " become a real list. */
export function prose(text) {
  const blocks = [];
  let kind = null;
  for (const line of text.split("\n")) {
    if (line.trim() === "") {
      kind = null;
    } else if (ITEM.test(line)) {
      if (kind !== "list") blocks.push(element("ul"));
      kind = "list";
      blocks.at(-1).append(element("li", {}, line.replace(ITEM, "")));
    } else if (kind === "paragraph") {
      blocks.at(-1).append(element("br"), line);
    } else {
      kind = "paragraph";
      blocks.push(element("p", {}, line));
    }
  }
  return blocks;
}

/** One entry of the conversation as a list item. */
export function entry(item, name, choose) {
  const bubble = element("div", { class: "bubble" }, ...prose(item.text));
  if (item.links?.length) {
    bubble.append(element("ul", { class: "links" }, ...item.links.map((each) => element("li", {}, link(each.title, each.url)))));
  }
  if (item.source) bubble.append(sourceLine(item));
  const made = element("li", { class: `entry entry--${item.sender}` }, whoLine(item, name), bubble);
  if (item.buttons?.length) made.append(choices(item.buttons, choose));
  return made;
}

function whoLine(item, name) {
  const line = element("p", { class: "entry__who" }, element("strong", {}, speaker(item.sender, name)));
  if (item.at) line.append(element("time", { datetime: item.at }, CLOCK.format(new Date(item.at))));
  if (item.demo) line.append(element("span", { class: "badge" }, "Demo-Angabe"));
  return line;
}

function speaker(sender, name) {
  if (sender === "user") return "Sie";
  if (sender === "agent") return `Mitarbeiterin oder Mitarbeiter der Stadt ${name}`;
  return sender === "system" ? "Hinweis" : "Assistent";
}

function sourceLine(item) {
  const title = item.source.url ? link(item.source.title, item.source.url) : item.source.title;
  const line = element("p", { class: "source" }, "Quelle: ", title);
  if (item.as_of) line.append(" · Stand: ", element("time", { datetime: item.as_of }, germanDate(item.as_of)));
  return line;
}

function germanDate(day) {
  const [year, month, date] = day.split("-");
  return `${date}.${month}.${year}`;
}

function choices(buttons, choose) {
  const made = buttons.map((button) => {
    const choice = element("button", { type: "button", class: "choice" }, button.title);
    choice.addEventListener("click", () => choose(button));
    return choice;
  });
  return element("div", { class: "choices", role: "group", "aria-label": "Antwort auswählen" }, ...made);
}
