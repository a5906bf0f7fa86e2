// Chromium as a client of our echo server.
//
//     browser.cjs URL MAX_MESSAGE_SIZE
//
// Serves browser.html, which tells the results as they come. Between the browser
// and our server it only passes bytes on, and counts them.

'use strict';

const { spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const http = require('node:http');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');

const [server, maxMessageSize] = [new URL(process.argv[2]), process.argv[3]];
const LIMIT = 120_000;
const FLAGS = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-dev-shm-usage',
  '--no-first-run', '--no-proxy-server', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];
const wire = { up: 0, down: 0 };

async function main() {
  const passing = net.createServer(passOn);
  const url = `ws://127.0.0.1:${await listen(passing)}`;
  const results = [];
  let ended;
  const end = new Promise((resolve) => { ended = resolve; });
  const pages = http.createServer((request, response) => answer(request, response, results, ended));
  const page = `http://127.0.0.1:${await listen(pages)}/?${new URLSearchParams({ url, max: maxMessageSize })}`;

  const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'chromium-'));
  const browser = spawn('chromium', [...FLAGS, `--user-data-dir=${profile}`, page], {
    stdio: ['ignore', 'ignore', 'pipe'],
    // A group of its own, to be ended as a whole.
    detached: true,
  });
  let log = '';
  browser.stderr.setEncoding('utf8').on('data', (text) => { log = (log + text).slice(-2000); });
  const died = once(browser, 'exit').then(
    ([code, signal]) => `ended with ${code ?? signal}`,
    (error) => `did not start: ${error.message}`,
  );
  const tooLong = new Promise((resolve) => { setTimeout(resolve, LIMIT, 'took too long'); });
  const fault = await Promise.race([end, died, tooLong]);
  if (fault) print('runs to the end', `${fault}: ${log}`);
  if (browser.pid) {
    try { process.kill(-browser.pid, 'SIGKILL'); } catch { /* It has ended. */ }
    await died;
  }
  fs.rmSync(profile, { recursive: true, force: true, maxRetries: 10 });
  process.exit(fault || results.some(({ error }) => error) ? 1 : 0);
}

async function listen(server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server.address().port;
}

function passOn(up) {
  const down = net.connect(Number(server.port), server.hostname);
  up.on('data', (bytes) => { wire.up += bytes.length; }).pipe(down);
  down.on('data', (bytes) => { wire.down += bytes.length; }).pipe(up);
  // What one side does not see of the other's end, it finds out by itself.
  up.on('error', () => down.destroy());
  down.on('error', () => up.destroy());
}

async function answer(request, response, results, ended) {
  let body = '';
  for await (const text of request.setEncoding('utf8')) body += text;
  switch (new URL(request.url, 'http://localhost').pathname) {
    case '/':
      response.setHeader('Content-Type', 'text/html; charset=utf-8');
      return response.end(fs.readFileSync(path.join(__dirname, 'browser.html')));
    case '/wire':
      return response.end(JSON.stringify(wire));
    case '/result': {
      const result = JSON.parse(body);
      results.push(result);
      print(result.name, result.error);
      return response.end();
    }
    case '/end':
      ended();
      return response.end();
    default:
      response.statusCode = 404;
      return response.end();
  }
}

function print(name, error) {
  const title = `chromium: ${name}`;
  console.log(error ? `FAIL ${title}: ${error.replaceAll('\n', ' ').slice(0, 300)}` : `ok   ${title}`);
}

main();
