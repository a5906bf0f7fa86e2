// The Node package `ws` as a server of our echo client.
//
//     server.cjs ECHO_CLIENT
//
// Starts the client once for each scenario, and looks at it from both sides: what
// it printed, and what it sent.

'use strict';

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { randomBytes } = require('node:crypto');
const { once } = require('node:events');
const http = require('node:http');
const { WebSocketServer } = require('ws');

const echoClient = process.argv[2];
const MESSAGES = [
  'Hello', 'Grüße, κόσμε, 世界, नमस्ते, 👩‍🚀', '', 'x'.repeat(125), 'y'.repeat(126), 'z'.repeat(70000),
];

async function main() {
  for (const compression of [true, false]) {
    const who = `node server ${compression ? 'with' : 'without'} compression`;
    await scenario(`${who}: echoes in fragments, pings between them`, (server) => echoes(server, compression));
  }
  await scenario('node server: refuses with 401', refuses);
}

async function scenario(title, check) {
  const server = http.createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.url = `ws://127.0.0.1:${server.address().port}`;
  try {
    await check(server);
    console.log(`ok   ${title}`);
  } catch (error) {
    console.log(`FAIL ${title}: ${String(error.message).replaceAll('\n', ' ').slice(0, 300)}`);
    process.exitCode = 1;
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

async function echoes(server, perMessageDeflate) {
  const seen = { messages: [], close: null, errors: [] };
  new WebSocketServer({ server, perMessageDeflate }).on('connection', (ws) => {
    // One message after another, though the client may send them all at once.
    let turn = Promise.resolve();
    ws.on('message', (data) => {
      seen.messages.push(data.toString());
      turn = turn.then(() => echoInFragments(ws, data)).catch((error) => seen.errors.push(error));
    });
    ws.on('error', (error) => seen.errors.push(error));
    ws.on('close', (code) => { seen.close = code; });
  });

  const client = await runClient(server.url, ...MESSAGES);
  await until(() => seen.close !== null);
  assert.deepEqual(seen.errors, []);
  assert.equal(client.status, 0, `exit status ${client.status}: ${client.err}`);
  assert.equal(client.out, MESSAGES.map((text) => `${text}\n`).join(''));
  assert.deepEqual(seen.messages, MESSAGES);
  assert.equal(seen.close, 1000);
}

// Cuts where it falls, so within a character too.
async function echoInFragments(ws, data) {
  const middle = (data.length >> 1) + 1;
  ws.send(data.subarray(0, middle), { binary: false, fin: false });
  const payload = randomBytes(125);
  ws.ping(payload);
  const [answer] = await once(ws, 'pong', { signal: AbortSignal.timeout(5000) });
  assert.deepEqual(answer, payload);
  ws.send(data.subarray(middle), { binary: false, fin: true });
}

async function refuses(server) {
  server.on('upgrade', (_, socket) => {
    socket.end('HTTP/1.1 401 Unauthorized\r\nContent-Length: 13\r\n\r\nwho are you?\n');
  });
  const client = await runClient(server.url, 'Hello');
  assert.notEqual(client.status, 0, 'the client ended as if nothing had happened');
  assert.equal(client.out, '');
  assert.match(client.err, /401/);
}

async function runClient(...args) {
  const child = spawn(echoClient, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: 20_000 });
  const client = { out: '', err: '', status: null };
  child.stdout.setEncoding('utf8').on('data', (text) => { client.out += text; });
  child.stderr.setEncoding('utf8').on('data', (text) => { client.err += text; });
  [client.status] = await once(child, 'close');
  return client;
}

async function until(condition) {
  for (let i = 0; i < 50 && !condition(); i++) {
    await new Promise((resolve) => { setTimeout(resolve, 100); });
  }
}

main();
