// The Node package `ws` as a client of our echo server.
//
//     client.cjs URL MAX_MESSAGE_SIZE [--compress]
//
// `--compress` says that the server knows permessage-deflate.

'use strict';

const assert = require('node:assert/strict');
const { randomBytes } = require('node:crypto');
const { on, once } = require('node:events');
const WebSocket = require('ws');

const [url, maxMessageSize] = [process.argv[2], Number(process.argv[3])];
const compresses = process.argv[4] === '--compress';
const MULTILINGUAL = 'Grüße, κόσμε, 世界, नमस्ते, 👩‍🚀 \u0000 \u{10ffff}';

// Each is given a function that opens a connection.
const checks = {
  async 'text is echoed'(open) {
    const ws = await open();
    for (const text of ['Hello', '', MULTILINGUAL, MULTILINGUAL.repeat(5000)]) {
      await expectEcho(ws, text);
    }
  },

  async 'binary of each length form is echoed'(open) {
    const ws = await open();
    for (const length of [0, 1, 125, 126, 127, 65535, 65536, 1 << 20]) {
      await expectEcho(ws, randomBytes(length));
    }
  },

  async 'a message in fragments, one byte each, is joined'(open) {
    const ws = await open();
    for (const byte of Buffer.from(MULTILINGUAL)) ws.send(Buffer.of(byte), { binary: false, fin: false });
    ws.send('', { fin: true });
    await expectMessage(ws, MULTILINGUAL);
  },

  async 'a ping between fragments is answered at once'(open) {
    const ws = await open();
    ws.send(Buffer.of(1), { fin: false });
    await expectPong(ws, Buffer.from('between'));
    ws.send(Buffer.of(2), { fin: true });
    await expectMessage(ws, Buffer.of(1, 2));
  },

  async 'pings are answered with their payload'(open) {
    const ws = await open();
    for (const length of [0, 1, 125]) await expectPong(ws, randomBytes(length));
  },

  async 'pipelined messages come back in order'(open) {
    const ws = await open();
    const sent = Array.from({ length: 3000 }, (_, i) => `${i} ${'x'.repeat(i % 300)}`);
    for (const text of sent) ws.send(text);
    for (const text of sent) await expectMessage(ws, text);
  },

  async 'two connections do not mix'(open) {
    const [first, second] = [await open(), await open()];
    for (let i = 0; i < 50; i++) {
      first.send(`first ${i}`);
      await expectEcho(second, `second ${i}`);
      await expectMessage(first, `first ${i}`);
    }
  },

  async 'the close code comes back and the server drops TCP'(open) {
    for (const code of [1000, 1001, 3001, 4999]) {
      const ws = await open();
      ws.close(code, MULTILINGUAL);
      assert.deepEqual(await closed(ws), { code, reason: MULTILINGUAL });
    }
  },

  async 'a close without a code gets one without a code'(open) {
    const ws = await open();
    ws.close();
    // What `ws` says of a Close frame with an empty body (RFC 6455, 7.1.5).
    assert.equal((await closed(ws)).code, 1005);
  },

  async 'a message over the limit gets 1009'(open) {
    const ws = await open();
    await expectEcho(ws, Buffer.alloc(maxMessageSize, 1));
    ws.send(Buffer.alloc(maxMessageSize + 1, 1));
    assert.equal((await closed(ws)).code, 1009);
  },
};

// On connections that compress.
const deflateChecks = {
  async 'what repeats is small on the wire'(open) {
    const ws = await open();
    for (const data of ['Hello '.repeat(200_000), Buffer.alloc(70_000)]) {
      const before = ws.tcp.bytesRead;
      await expectEcho(ws, data);
      const bytes = ws.tcp.bytesRead - before;
      assert(bytes < data.length / 20, `${bytes} bytes for ${data.length}`);
    }
  },

  async 'many small messages refer to those before if that was agreed'(open) {
    const ws = await open();
    const sizes = [];
    for (let i = 0; i < 500; i++) {
      const before = ws.tcp.bytesRead;
      await expectEcho(ws, `${i % 10}, the quick brown fox jumps over the lazy dog`.repeat(3));
      sizes.push(ws.tcp.bytesRead - before);
    }
    const [first, ...later] = sizes;
    const mean = later.reduce((sum, size) => sum + size) / later.length;
    assert.equal(mean < first / 2, !ws.terms.server_no_context_takeover, `${first}, then ${mean}`);
    assert(first < 100, `${first}`);
  },

  async 'what cannot be compressed arrives as it was'(open) {
    const ws = await open();
    for (const length of [200, 600, 2000, 33_000, 200_000]) await expectEcho(ws, randomBytes(length));
  },

  async 'a window slides over more than it holds'(open) {
    const ws = await open();
    const noise = randomBytes(40_000);
    for (const length of [200, 300, 600, 1100, 32_768, 40_000]) {
      const data = noise.subarray(0, length);
      await expectEcho(ws, Buffer.concat([data, data]));
    }
  },
};

async function expectEcho(ws, data) {
  ws.send(data);
  await expectMessage(ws, data);
}

async function expectMessage(ws, data) {
  const { value, done } = await ws.inbox.next();
  assert(!done, 'closed before the message came');
  assert.deepEqual(value, [Buffer.from(data), typeof data !== 'string']);
}

async function expectPong(ws, payload) {
  ws.ping(payload);
  const [answer] = await once(ws, 'pong');
  assert.deepEqual(answer, payload);
}

// `ws` waits thirty seconds for the server to drop the connection: longer than
// any check may take.
async function closed(ws) {
  const [code, reason] = await once(ws, 'close');
  return { code, reason: reason.toString() };
}

// ---- the run

const LIMIT = 20_000;

async function run(who, terms) {
  const all = { ...checks, ...(compresses && terms ? deflateChecks : {}) };
  for (const [name, check] of Object.entries(all)) {
    const sockets = [];
    const open = async () => {
      // Else `ws` leaves short messages as they are.
      const perMessageDeflate = terms && { threshold: 0, ...terms };
      const ws = new WebSocket(url, { perMessageDeflate, maxPayload: 2 * maxMessageSize });
      sockets.push(ws);
      ws.inbox = on(ws, 'message', { close: ['close'] });
      const [[response]] = await Promise.all([once(ws, 'upgrade'), once(ws, 'open')]);
      ws.tcp = response.socket;
      ws.terms = agreed(response);
      assert.deepEqual(ws.terms, compresses && terms ? asParameters(terms) : null);
      return ws;
    };
    let timer;
    const tooLong = new Promise((_, reject) => {
      timer = setTimeout(reject, LIMIT, new Error('took too long'));
    });
    try {
      await Promise.race([check(open), tooLong]);
      console.log(`ok   ${who}: ${name}`);
    } catch (error) {
      console.log(`FAIL ${who}: ${name}: ${String(error.message).replaceAll('\n', ' ').slice(0, 300)}`);
      process.exitCode = 1;
    } finally {
      clearTimeout(timer);
      for (const ws of sockets) {
        ws.on('error', () => {});
        ws.terminate();
      }
    }
  }
}

// The parameters of permessage-deflate in the response.
function agreed(response) {
  const header = response.headers['sec-websocket-extensions'];
  if (header === undefined) return null;
  const [name, ...parameters] = header.split('; ');
  assert.equal(name, 'permessage-deflate');
  return Object.fromEntries(parameters.map((parameter) => {
    const [key, value] = parameter.split('=');
    return [key, value === undefined ? true : Number(value)];
  }));
}

// `ws` has its own way to write their names.
function asParameters(terms) {
  const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return Object.fromEntries(Object.entries(terms).map(([name, value]) => [snake(name), value]));
}

(async () => {
  const server = compresses ? ' to a server that compresses' : '';
  await run(`node client offering compression${server}`, {});
  await run(`node client offering nothing${server}`, false);
  if (!compresses) return;
  for (const terms of [
    { serverNoContextTakeover: true },
    { clientNoContextTakeover: true },
    { serverNoContextTakeover: true, clientNoContextTakeover: true },
    { serverMaxWindowBits: 9 },
    { serverMaxWindowBits: 10 },
    { clientMaxWindowBits: 9 },
    { clientMaxWindowBits: 10 },
  ]) {
    await run(`node client offering ${JSON.stringify(asParameters(terms))}`, terms);
  }
})();
