// The Node package `ws` as a client of our echo server.
//
//     client.cjs URL MAX_MESSAGE_SIZE

'use strict';

const assert = require('node:assert/strict');
const { randomBytes } = require('node:crypto');
const { on, once } = require('node:events');
const WebSocket = require('ws');

const [url, maxMessageSize] = [process.argv[2], Number(process.argv[3])];
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
      assert.equal((await closed(ws)).code, code);
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

async function run(who, perMessageDeflate) {
  for (const [name, check] of Object.entries(checks)) {
    const sockets = [];
    const open = async () => {
      const ws = new WebSocket(url, { perMessageDeflate, maxPayload: 2 * maxMessageSize });
      sockets.push(ws);
      ws.inbox = on(ws, 'message', { close: ['close'] });
      await once(ws, 'open');
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

(async () => {
  await run('node client offering compression', true);
  await run('node client offering nothing', false);
})();
