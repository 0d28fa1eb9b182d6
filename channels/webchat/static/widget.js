// One script tag on a town's page:
//   <script src="https://chat.example.de/widget.js" data-town="soest" async></script>
// It adds a button and, when the button is pressed, a frame with the chat. Nothing of the
// chat is loaded before that. The page's styles and this button do not touch each other.

(() => {
  "use strict";
  const script = document.currentScript;
  const TOWNS = {} /* TOWNS */;
  const town = script?.dataset.town ?? "";
  const look = TOWNS[town];
  if (!look || document.querySelector("stadtdraht-chat")) return;
  const home = new URL(script.src).origin;

  const STYLE = `
    :host { all: initial; position: fixed; right: 1rem; bottom: 1rem; z-index: 2147483000; font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif; }
    button { all: unset; box-sizing: border-box; display: inline-flex; align-items: center; gap: .625rem; min-height: 3.25rem; padding: .625rem 1.25rem; border-radius: 1.75rem; border: 2px solid #fff;
      background: var(--accent); color: #fff; font-family: inherit; font-weight: 600; font-size: 1.0625rem; line-height: 1.3; cursor: pointer; box-shadow: 0 .375rem 1.25rem rgb(0 0 0 / .28); }
    button:hover { text-decoration: underline; }
    button:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; }
    svg { width: 1.5rem; height: 1.5rem; flex: none; }
    iframe { display: block; position: fixed; right: 1rem; bottom: 5.25rem; width: min(26rem, calc(100vw - 2rem)); height: min(42rem, calc(100vh - 6.5rem));
      border: 1px solid #767b7e; border-radius: 1rem; background: #fff; box-shadow: 0 1rem 3rem rgb(0 0 0 / .3); color-scheme: auto; }
    iframe[hidden] { display: none; }
    @media (max-width: 30rem), (max-height: 34rem) {
      iframe { inset: 0; width: 100vw; height: 100vh; height: 100dvh; border: 0; border-radius: 0; }
      :host([open]) button { display: none; }
    }
    @media (forced-colors: active) { button { border: 2px solid ButtonText; } }
    @media print { :host { display: none; } }
  `;

  const host = document.createElement("stadtdraht-chat");
  const shadow = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  shadow.adoptedStyleSheets = [sheet];
  host.style.setProperty("--accent", look.accent);

  const button = document.createElement("button");
  button.type = "button";
  button.setAttribute("aria-expanded", "false");
  button.append(icon(), `Fragen an die Stadt ${look.name}`);
  // a landmark, so that people who jump from region to region find it
  const region = document.createElement("div");
  region.setAttribute("role", "complementary");
  region.setAttribute("aria-label", `Chat der Stadt ${look.name}`);
  region.append(button);
  shadow.append(region);
  document.body.append(host);

  let frame = null;
  let loaded = false;
  button.addEventListener("click", () => show(button.getAttribute("aria-expanded") === "false"));
  window.addEventListener("message", (event) => {
    const ours = frame && event.source === frame.contentWindow && event.origin === home;
    if (ours && event.data?.stadtdraht === "close") show(false);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && host.hasAttribute("open")) show(false);
  });

  function show(open) {
    frame ??= newFrame();
    frame.hidden = !open;
    host.toggleAttribute("open", open);
    button.setAttribute("aria-expanded", String(open));
    if (open) {
      frame.focus();
      opened();
    } else {
      button.focus();
    }
  }

  function newFrame() {
    const made = document.createElement("iframe");
    made.src = `${home}/${encodeURIComponent(town)}/embed`;
    made.title = `Chat der Stadt ${look.name}`;
    made.addEventListener("load", () => {
      loaded = true;
      opened();
    });
    region.prepend(made);
    return made;
  }

  // before it has loaded, the frame is still of this page's origin
  function opened() {
    if (loaded && host.hasAttribute("open")) frame.contentWindow?.postMessage({ stadtdraht: "opened" }, home);
  }

  function icon() {
    const space = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(space, "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    const path = document.createElementNS(space, "path");
    path.setAttribute("d", "M4 5h16v11H10l-5 4v-4H4z");
    path.setAttribute("fill", "none");
    path.setAttribute("stroke", "currentColor");
    path.setAttribute("stroke-width", "2");
    path.setAttribute("stroke-linejoin", "round");
    svg.append(path);
    return svg;
  }
})();
