// The widget's own queue: what was written waits here, in order, until the server has it.

const LONGEST_PAUSE_MS = 15_000;

export class Queue {
  #waiting = [];
  #running = false;
  #wake = null;
  #generation = 0;

  /**
   * @param name     where the queue is kept in this tab's storage
   * @param send     async (message) => answer; throws a Refusal
   * @param handlers accepted(message, answer), refused(message, refusal), delayed(refusal)
   */
  constructor(name, send, handlers) {
    this.name = name;
    this.send = send;
    this.handlers = handlers;
    this.#waiting = this.#stored();
    window.addEventListener("online", () => this.nudge());
  }

  get waiting() {
    return [...this.#waiting];
  }

  add(message) {
    this.#waiting.push(message);
    this.#store();
    this.run();
  }

  clear() {
    this.#generation += 1;
    this.#waiting = [];
    this.#store();
    this.nudge();
  }

  /** Try again at once instead of waiting for the pause to end. */
  nudge() {
    this.#wake?.();
  }

  async run() {
    if (this.#running) return;
    this.#running = true;
    let pause = 500;
    while (this.#waiting.length > 0) {
      const message = this.#waiting[0];
      const generation = this.#generation;
      try {
        const answer = await this.send(message);
        if (generation !== this.#generation) continue;
        this.#done(message);
        pause = 500;
        this.handlers.accepted(message, answer);
      } catch (refusal) {
        if (generation !== this.#generation) continue;
        if (refusal.isPassing) {
          this.handlers.delayed(refusal);
          await this.#sleep(Math.max(pause, (refusal.retryAfterSeconds ?? 0) * 1000));
          pause = Math.min(LONGEST_PAUSE_MS, pause * 2);
        } else {
          this.#done(message);
          this.handlers.refused(message, refusal);
        }
      }
    }
    this.#running = false;
  }

  #done(message) {
    this.#waiting = this.#waiting.filter((other) => other !== message);
    this.#store();
  }

  #sleep(milliseconds) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  // A browser may forbid storage in frames; the queue then lives as long as the page.
  #stored() {
    try {
      const list = JSON.parse(sessionStorage.getItem(this.name) ?? "[]");
      return Array.isArray(list) ? list : [];
    } catch {
      return [];
    }
  }

  #store() {
    try {
      if (this.#waiting.length > 0) sessionStorage.setItem(this.name, JSON.stringify(this.#waiting));
      else sessionStorage.removeItem(this.name);
    } catch {
      // see above
    }
  }
}
