// A WebSocket that connects again when it is lost.

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;
// After a connection that was open for this time, the next pause is short again.
const GOOD_AFTER = 10_000;
// How long one attempt may take.
const OPEN_TIMEOUT = 10_000;
// If more bytes than this wait in the browser, the page does not send pieces of strokes.
const MAX_BUFFERED = 1 << 20;

// Dispatches three events:
//
// - `state` with { kind, text }. The kinds are `connecting`, `open`, `waiting` and `ended`.
// - `message` with the data of a message.
// - `refused` with { why, field }. `field` is the id of the field that the user should correct.
export class Connection extends EventTarget {
  #token;
  #hello;
  #socket = null;
  #timer = 0;
  #attempts = 0;
  #openedAt = 0;
  #ended = false;

  // `hello` returns the first message of each connection.
  constructor(token, hello) {
    super();
    this.#token = token;
    this.#hello = hello;
    addEventListener('online', this.#online);
    this.#connect();
  }

  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  get isBehind() {
    return (this.#socket?.bufferedAmount ?? 0) > MAX_BUFFERED;
  }

  send(data) {
    if (this.isOpen) this.#socket.send(data);
  }

  retry() {
    if (this.#ended || this.#socket) return;
    clearTimeout(this.#timer);
    this.#connect();
  }

  end(text) {
    this.#ended = true;
    clearTimeout(this.#timer);
    removeEventListener('online', this.#online);
    this.#socket?.close(1000, 'the member has left');
    this.#report('ended', text);
  }

  #online = () => this.retry();

  #connect() {
    this.#report('connecting', 'Connecting…');
    const url = new URL('/chat', location.href);
    url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
    // A script cannot set headers for a WebSocket, but it can offer subprotocols. The invite is
    // offered as a subprotocol that the server never selects.
    const socket = new WebSocket(url, ['chat.v1', `invite.${this.#token}`]);
    socket.binaryType = 'arraybuffer';
    const limit = setTimeout(() => socket.close(), OPEN_TIMEOUT);
    let wasOpen = false;
    socket.onopen = () => {
      clearTimeout(limit);
      wasOpen = true;
      this.#openedAt = Date.now();
      socket.send(this.#hello());
    };
    socket.onmessage = ({ data }) => {
      this.dispatchEvent(new MessageEvent('message', { data }));
    };
    socket.onclose = (event) => {
      clearTimeout(limit);
      this.#socket = null;
      if (!this.#ended) this.#lost(event, wasOpen);
    };
    this.#socket = socket;
  }

  // Call this when the welcome of the room has arrived.
  welcomed(text) {
    this.#report('open', text);
  }

  async #lost({ code, reason }, wasOpen) {
    // The server closes with this code if another attempt would not succeed either.
    if (code === 1008) {
      this.#refuse(reason, 'name');
      return;
    }
    // A script does not learn why a WebSocket was refused. Another request asks the server for the
    // reason.
    if (!wasOpen && await this.#isRefused()) {
      this.#refuse('the invite is not valid', 'token');
      return;
    }
    if (this.#ended || this.#socket) return;
    if (wasOpen && Date.now() - this.#openedAt > GOOD_AFTER) this.#attempts = 0;
    // The pause is partly random, so that not all members connect again at the same moment.
    const longest = Math.min(FIRST_PAUSE * 2 ** this.#attempts, LONGEST_PAUSE);
    const pause = longest * (0.5 + Math.random() / 2);
    this.#attempts += 1;
    const why = reason || (wasOpen ? 'the connection was lost' : 'the server cannot be reached');
    const seconds = Math.max(1, Math.round(pause / 1000));
    this.#report('waiting', `Disconnected: ${why} (${code}). Next attempt in ${seconds} s`);
    this.#timer = setTimeout(() => this.#connect(), pause);
  }

  #refuse(why, field) {
    this.end(`Refused: ${why}`);
    this.dispatchEvent(new CustomEvent('refused', { detail: { why, field } }));
  }

  async #isRefused() {
    try {
      const headers = { Authorization: `Bearer ${this.#token}` };
      const signal = AbortSignal.timeout(OPEN_TIMEOUT);
      const response = await fetch('/invite', { headers, signal, cache: 'no-store' });
      return response.status === 401;
    } catch {
      return false;
    }
  }

  #report(kind, text) {
    this.dispatchEvent(new CustomEvent('state', { detail: { kind, text } }));
  }
}
