// The menu and its dialogs.

export class Menu {
  /** @param actions reset(), erase(): async, called after the visitor has agreed */
  constructor(actions) {
    this.button = document.getElementById("menu-button");
    this.list = document.getElementById("menu");
    this.button.addEventListener("click", () => this.#show(this.list.hidden));
    for (const item of this.list.querySelectorAll("[data-action]")) {
      item.addEventListener("click", () => this.#openDialog(item.dataset.action));
    }
    document.addEventListener("keydown", (event) => this.#pressed(event));
    document.addEventListener("click", (event) => this.#clicked(event));
    for (const dialog of document.querySelectorAll("dialog")) this.#wire(dialog);
    for (const name of ["reset", "erase"]) this.#confirm(name, actions[name]);
  }

  /** Offer what needs a conversation only when there is one. */
  setConversation(exists) {
    for (const item of this.list.querySelectorAll("[data-action]")) item.disabled = !exists;
  }

  get isOpen() {
    return !this.list.hidden;
  }

  #show(open) {
    this.list.hidden = !open;
    this.button.setAttribute("aria-expanded", String(open));
  }

  #openDialog(name) {
    this.#show(false);
    document.getElementById(`${name}-dialog`).showModal();
  }

  #wire(dialog) {
    for (const button of dialog.querySelectorAll("[data-close]")) button.addEventListener("click", () => dialog.close());
    for (const download of dialog.querySelectorAll("a[download]")) download.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => {
      if (dialog.returnValue !== "done") this.button.focus();
      dialog.returnValue = "";
    });
  }

  #confirm(name, act) {
    const dialog = document.getElementById(`${name}-dialog`);
    const button = document.getElementById(`${name}-confirm`);
    button.addEventListener("click", async () => {
      button.disabled = true;
      await act();
      button.disabled = false;
      dialog.close("done");
      document.getElementById("message").focus();
    });
  }

  #pressed(event) {
    if (event.key !== "Escape" || !this.isOpen) return;
    event.stopImmediatePropagation();
    this.#show(false);
    this.button.focus();
  }

  #clicked(event) {
    if (this.isOpen && !this.list.contains(event.target) && !this.button.contains(event.target)) this.#show(false);
  }
}
