// The class `WebSocket` of the Node package `undici`, as check.py wants it. It has the interface of
// browsers, so it cannot send a Ping or a fragment.

'use strict';

const { createInterface } = require('node:readline');
const { WebSocket } = require('undici');

let ws;
// What has arrived and was not asked for, and the `receive` that waits.
let events = [];
let waiting = null;

async function handle(name, words) {
  const payload = Buffer.from(words.at(-1) ?? '', 'hex');
  switch (name) {
    case 'hello':
      return `undici ${require('undici/package.json').version} bare-close deflate`;
    case 'open':
      return open(words);
    case 'text':
      ws.send(payload.toString());
      return 'sent';
    case 'binary':
      ws.send(payload);
      return 'sent';
    case 'close':
      if (words.length) ws.close(Number(words[0]), payload.toString());
      else ws.close();
      return 'sent';
    case 'receive':
      return events.shift() ?? new Promise((resolve) => { waiting = resolve; });
    default:
      throw new Error('unknown command');
  }
}

async function open([url, ...options]) {
  ws?.close();
  events = [];
  waiting = null;
  const protocols = options.filter((word) => word.startsWith('protocol=')).map((word) => word.slice(9));
  const socket = new WebSocket(url, protocols);
  ws = socket;
  socket.binaryType = 'arraybuffer';
  // The events of an earlier connection are of no interest.
  const arrived = (event) => { if (socket === ws) enqueue(event); };
  socket.onmessage = ({ data }) => arrived(typeof data === 'string'
    ? `text ${Buffer.from(data).toString('hex')}` : `binary ${Buffer.from(data).toString('hex')}`);
  return new Promise((resolve, reject) => {
    socket.onerror = ({ error }) => reject(error ?? new Error('no connection'));
    socket.onclose = ({ code, reason }) => arrived(`close ${code} ${Buffer.from(reason).toString('hex')}`);
    socket.onopen = () => resolve(`open ${socket.protocol || '-'} ${socket.extensions || '-'}`);
  });
}

function enqueue(event) {
  if (waiting) {
    waiting(event);
    waiting = null;
  } else {
    events.push(event);
  }
}

(async () => {
  for await (const line of createInterface({ input: process.stdin })) {
    const [name, ...words] = line.split(' ');
    const answer = await handle(name, words).catch((error) => `failed ${String(error.message).replaceAll('\n', ' ')}`);
    process.stdout.write(`${answer}\n`);
  }
})();
