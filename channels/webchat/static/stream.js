// The stream of answers. EventSource resumes by itself after a cut; when the server
// refuses the connection it gives up for good, and this class begins a new one.

const QUIET_MS = 2_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 20_000;

export class Stream {
  #source = null;
  #timer = null;
  #alarm = null;
  #pause = FIRST_PAUSE_MS;

  /** @param handlers address(), delivery(data), state(data), hub(data), gone(), connected(bool), refused() */
  constructor(handlers) {
    this.handlers = handlers;
    window.addEventListener("online", () => this.#timer !== null && this.start());
  }

  get isRunning() {
    return this.#source !== null || this.#timer !== null;
  }

  start() {
    this.stop();
    const source = new EventSource(this.handlers.address());
    this.#source = source;
    source.onopen = () => this.#opened();
    source.onerror = () => this.#failed(source);
    for (const kind of ["delivery", "state", "hub"]) {
      source.addEventListener(kind, (event) => this.handlers[kind](JSON.parse(event.data)));
    }
    source.addEventListener("gone", () => {
      this.stop();
      this.handlers.gone();
    });
  }

  stop() {
    clearTimeout(this.#timer);
    clearTimeout(this.#alarm);
    this.#source?.close();
    this.#timer = this.#alarm = this.#source = null;
  }

  #opened() {
    this.#pause = FIRST_PAUSE_MS;
    clearTimeout(this.#alarm);
    this.#alarm = null;
    this.handlers.connected(true);
  }

  #failed(source) {
    // a short cut is nothing to worry anybody with
    this.#alarm ??= setTimeout(() => this.handlers.connected(false), QUIET_MS);
    if (source.readyState !== EventSource.CLOSED) return;
    source.close();
    this.#source = null;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#again(), this.#pause);
    this.#pause = Math.min(LONGEST_PAUSE_MS, this.#pause * 2);
  }

  async #again() {
    this.#timer = null;
    if (await this.handlers.refused()) return;
    const alarm = this.#alarm;
    this.#alarm = null;
    this.start();
    this.#alarm = alarm;
  }
}
