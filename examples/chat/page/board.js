// The drawing board. A piece of a stroke is a message: a byte for the colour, a byte for the width,
// and points of two 16-bit numbers, little-endian.

const HEADER = 2;
const POINT = 4;
const MAX_POINTS = 128;
const COLOURS = ['Ink', 'Red', 'Green', 'Blue', 'Orange', 'Purple'];
// Widths are thousandths of the width of the board.
const WIDTH_UNIT = 1000;
const FULL = 65535;
// The number of pieces that the server keeps.
const MAX_PIECES = 4000;
// A piece is sent at most this many milliseconds after its first new point.
const PIECE_TIME = 50;
const KEY_STEP = 1 / 50;

export class Board {
  #canvas = document.getElementById('canvas');
  #pen = document.getElementById('pen');
  #width = document.getElementById('width');
  #context = this.#canvas.getContext('2d');
  #pieces = [];
  #inks = [];
  #send;
  #say;
  // The points of the stroke in progress that were not sent, and the last point before them.
  #points = [];
  #timer = 0;
  #cursor = { x: 0.5, y: 0.5 };
  #isDown = false;

  // `send` sends a piece, and `say` shows a sentence to people who cannot see the board.
  constructor(send, say) {
    this.#send = send;
    this.#say = say;
    this.#makePalette();
    this.#listen();
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#redraw());
    new ResizeObserver(() => this.#redraw()).observe(this.#canvas);
  }

  receive(buffer) {
    this.#pieces.push(buffer);
    if (this.#pieces.length > MAX_PIECES) this.#pieces.shift();
    this.#draw(buffer);
  }

  clear() {
    this.#pieces = [];
    this.#redraw();
  }

  get isEmpty() {
    return this.#pieces.length === 0;
  }

  #makePalette() {
    const palette = document.getElementById('colours');
    COLOURS.forEach((name, index) => {
      const input = document.createElement('input');
      Object.assign(input, { type: 'radio', name: 'colour', value: index, checked: index === 0 });
      input.setAttribute('aria-label', name);
      input.title = name;
      input.style.setProperty('--ink', `var(--ink-${index})`);
      palette.append(input);
    });
  }

  #listen() {
    const at = ({ offsetX, offsetY }) => ({
      x: offsetX / this.#canvas.clientWidth,
      y: offsetY / this.#canvas.clientHeight,
    });
    this.#canvas.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return;
      this.#canvas.setPointerCapture(event.pointerId);
      this.#pen.hidden = true;
      this.#begin(at(event));
    });
    this.#canvas.addEventListener('pointermove', (event) => {
      if (!this.#canvas.hasPointerCapture(event.pointerId)) return;
      // A browser may combine several movements into one event. This reads each of them.
      const events = event.getCoalescedEvents?.() ?? [];
      for (const each of events.length ? events : [event]) this.#move(at(each));
    });
    for (const type of ['pointerup', 'pointercancel']) {
      this.#canvas.addEventListener(type, () => this.#end());
    }
    this.#canvas.addEventListener('keydown', (event) => this.#press(event));
    this.#canvas.addEventListener('blur', () => { this.#lift(); this.#pen.hidden = true; });
  }

  #press(event) {
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const step = steps[event.key];
    if (step) {
      const within = (value) => Math.min(Math.max(value, 0), 1);
      const { x, y } = this.#cursor;
      this.#cursor = { x: within(x + step[0] * KEY_STEP), y: within(y + step[1] * KEY_STEP) };
      if (this.#isDown) this.#move(this.#cursor);
    } else if (event.key === ' ') {
      if (this.#isDown) this.#lift();
      else {
        this.#isDown = true;
        this.#begin(this.#cursor);
        this.#say('Pen down');
      }
    } else if (event.key === 'Escape') {
      this.#lift();
    } else {
      return;
    }
    event.preventDefault();
    this.#showPen();
  }

  #lift() {
    if (!this.#isDown) return;
    this.#isDown = false;
    this.#end();
    this.#say('Pen lifted');
  }

  #showPen() {
    this.#pen.hidden = false;
    this.#pen.classList.toggle('down', this.#isDown);
    this.#pen.style.left = `${this.#cursor.x * 100}%`;
    this.#pen.style.top = `${this.#cursor.y * 100}%`;
  }

  #begin(point) {
    this.#points = [point];
    this.#schedule();
  }

  #move(point) {
    if (!this.#points.length) return;
    this.#points.push(point);
    if (this.#points.length === MAX_POINTS) this.#flush();
    else this.#schedule();
  }

  #end() {
    this.#flush();
    this.#points = [];
  }

  #schedule() {
    this.#timer ||= setTimeout(() => this.#flush(), PIECE_TIME);
  }

  // Sends the points in progress as a piece, and draws it before the server sends it back.
  #flush() {
    if (!this.#timer) return;
    clearTimeout(this.#timer);
    this.#timer = 0;
    const piece = this.#encode();
    this.#draw(piece);
    this.#send(piece);
    // The next piece begins where this one ends.
    this.#points = this.#points.slice(-1);
  }

  #encode() {
    const buffer = new ArrayBuffer(HEADER + this.#points.length * POINT);
    const view = new DataView(buffer);
    view.setUint8(0, Number(document.querySelector('#colours :checked').value));
    view.setUint8(1, Number(this.#width.value));
    const scaled = (value) => Math.round(Math.min(Math.max(value, 0), 1) * FULL);
    this.#points.forEach(({ x, y }, index) => {
      view.setUint16(HEADER + index * POINT, scaled(x), true);
      view.setUint16(HEADER + index * POINT + 2, scaled(y), true);
    });
    return buffer;
  }

  #redraw() {
    const { clientWidth, clientHeight } = this.#canvas;
    this.#canvas.width = clientWidth * devicePixelRatio;
    this.#canvas.height = clientHeight * devicePixelRatio;
    const style = getComputedStyle(document.documentElement);
    this.#inks = COLOURS.map((_, index) => style.getPropertyValue(`--ink-${index}`));
    for (const piece of this.#pieces) this.#draw(piece);
  }

  #draw(buffer) {
    const view = new DataView(buffer);
    const { width, height } = this.#canvas;
    const context = this.#context;
    const at = (offset, size) => (view.getUint16(offset, true) / FULL) * size;
    context.strokeStyle = this.#inks[view.getUint8(0)] ?? this.#inks[0];
    context.lineWidth = Math.max(1, (view.getUint8(1) / WIDTH_UNIT) * width);
    context.lineCap = 'round';
    context.lineJoin = 'round';
    context.beginPath();
    context.moveTo(at(HEADER, width), at(HEADER + 2, height));
    // A single point is a dot.
    context.lineTo(at(HEADER, width), at(HEADER + 2, height));
    for (let offset = HEADER + POINT; offset < view.byteLength; offset += POINT) {
      context.lineTo(at(offset, width), at(offset + 2, height));
    }
    context.stroke();
  }
}
