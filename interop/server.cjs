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
  for (const terms of [
    {},
    { serverNoContextTakeover: true },
    { clientNoContextTakeover: true },
    { serverNoContextTakeover: true, clientNoContextTakeover: true },
    { serverMaxWindowBits: 9 },
    { serverMaxWindowBits: 10 },
    { clientMaxWindowBits: 9 },
    { clientMaxWindowBits: 10 },
  ]) {
    const who = `node server with compression on terms ${JSON.stringify(terms)}`;
    await scenario(`${who}: echoes in fragments, pings between them`, (server) => echoes(server, terms));
    await scenario(`${who}: much that is alike`, (server) => muchThatIsAlike(server, terms));
  }
  await scenario('node server, compression without the client: echoes in fragments, pings between them',
    (server) => echoes(server, {}, []));
  await scenario('node server, compression without the server: echoes in fragments, pings between them',
    (server) => echoes(server, false));
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

async function echoes(server, terms, flags = ['--compress']) {
  await converse(server, terms, flags, MESSAGES, MESSAGES, echoInFragments);
}

// Many small messages, each much like the last, and a megabyte for each of the larger ones.
async function muchThatIsAlike(server, terms) {
  const small = Array.from({ length: 300 }, (_, i) => `${i % 10}, the quick brown fox jumps over the lazy dog`.repeat(3));
  const large = ['a'.repeat(100_000), randomBytes(60_000).toString('base64')];
  const answers = [...small, ...large.map((text) => text.repeat(11))];
  const answer = (ws, data) => ws.send(data.toString().repeat(data.length < 1000 ? 1 : 11));
  const seen = await converse(server, terms, ['--compress'], [...small, ...large], answers, answer);

  // The client waits for each echo before it sends the next message, so each is seen apart.
  const [first, ...later] = seen.sizes.slice(0, small.length);
  const mean = later.reduce((sum, size) => sum + size) / later.length;
  assert.equal(mean < first / 2, !terms.clientNoContextTakeover, `${first}, then ${mean}`);
  assert(first < 100, `${first}`);
  assert(seen.sizes.at(-2) < large[0].length / 20, `${seen.sizes.at(-2)}`);
}

// What the client sends, and what it prints of the answers.
async function converse(server, terms, flags, messages, answers, answer) {
  const seen = { messages: [], sizes: [], header: '', close: null, errors: [] };
  // Else `ws` leaves short messages as they are.
  const perMessageDeflate = terms && { threshold: 0, ...terms };
  const listener = new WebSocketServer({ server, perMessageDeflate });
  listener.on('headers', (headers) => {
    seen.header = headers.find((header) => /^sec-websocket-extensions:/i.test(header)) ?? '';
  });
  listener.on('connection', (ws, { socket }) => {
    // One message after another, though the client may send them all at once.
    let turn = Promise.resolve();
    let read = socket.bytesRead;
    ws.on('message', (data) => {
      seen.messages.push(data.toString());
      seen.sizes.push(socket.bytesRead - read);
      read = socket.bytesRead;
      turn = turn.then(() => answer(ws, data)).catch((error) => seen.errors.push(error));
    });
    ws.on('error', (error) => seen.errors.push(error));
    ws.on('close', (code) => { seen.close = code; });
  });

  const client = await runClient(...flags, server.url, ...messages);
  await until(() => seen.close !== null);
  assert.deepEqual(seen.errors, []);
  assert.equal(client.status, 0, `exit status ${client.status}: ${client.err}`);
  assert.equal(client.out, answers.map((text) => `${text}\n`).join(''));
  assert.deepEqual(seen.messages, messages);
  assert.equal(seen.close, 1000);
  assert.equal(/permessage-deflate/.test(seen.header), Boolean(terms && flags.length), seen.header);
  for (const [name, value] of Object.entries(terms || {})) {
    if (!flags.length) break;
    const parameter = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    assert(seen.header.includes(value === true ? parameter : `${parameter}=${value}`), seen.header);
  }
  return seen;
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
