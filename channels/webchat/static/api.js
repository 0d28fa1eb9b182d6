// The server's API as seen from the widget.

/** What the server answered when it could not do what was asked. */
export class Refusal extends Error {
  constructor(status, code, text, retryAfterSeconds) {
    super(code);
    this.status = status;
    this.text = text;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** Whether the same request may well succeed later. */
  get isPassing() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

const PATIENCE_MS = 30_000;

export class Api {
  constructor(town) {
    this.town = town;
  }

  begin() {
    return this.#call("POST", "/api/session", {});
  }

  submit(message) {
    return this.#call("POST", "/api/messages", message);
  }

  conversation() {
    return this.#call("GET", "/api/conversation");
  }

  reset() {
    return this.#call("POST", "/api/reset", {});
  }

  erase() {
    return this.#call("DELETE", "/api/conversation", {});
  }

  streamAddress(after) {
    return `/api/stream?town=${encodeURIComponent(this.town)}&after=${after}`;
  }

  async #call(method, path, body) {
    const request = { method, credentials: "same-origin", signal: AbortSignal.timeout(PATIENCE_MS) };
    if (body !== undefined) {
      request.headers = { "Content-Type": "application/json" };
      request.body = JSON.stringify(body);
    }
    let response;
    try {
      response = await fetch(`${path}?town=${encodeURIComponent(this.town)}`, request);
    } catch {
      throw new Refusal(0, "offline", "Keine Verbindung. Ihre Nachricht wird gesendet, sobald es wieder geht.", 0);
    }
    const answer = response.status === 204 ? {} : await response.json().catch(() => ({}));
    if (!response.ok) {
      const seconds = Number(response.headers.get("Retry-After")) || 0;
      throw new Refusal(response.status, answer.error ?? "unknown", answer.text ?? "Das hat leider nicht geklappt.", seconds);
    }
    return answer;
  }
}
