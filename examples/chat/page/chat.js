// The page: the form, the messages and the people, and the code that connects them.

import { Board } from '/board.js';
import { Connection } from '/connection.js';

const MAX_LINES = 500;
const element = (id) => document.getElementById(id);
const form = element('join');
let connection = null;
let me = null;
let unread = 0;
// Whether the last message is in view. If not, a new message does not scroll the log.
let isAtEnd = true;

const board = new Board(
  (piece) => { if (!connection?.isBehind) connection?.send(piece); },
  (sentence) => { element('board-state').textContent = sentence; },
);

// The invite is in the fragment of the link, which browsers do not send to servers. The page keeps
// it only for this tab.
function takeInvite() {
  const found = new URLSearchParams(location.hash.slice(1)).get('invite');
  if (found) {
    sessionStorage.setItem('invite', found);
    history.replaceState(null, '', location.pathname);
  }
  const invite = found ?? sessionStorage.getItem('invite') ?? '';
  element('token').value = invite;
  element('token-field').hidden = invite !== '';
}

function join(event) {
  event.preventDefault();
  const [token, room, name] = ['token', 'room', 'name'].map((id) => element(id).value.trim());
  sessionStorage.setItem('invite', token);
  localStorage.setItem('name', name);
  element('refusal').textContent = '';
  connection = new Connection(token, () => JSON.stringify({ type: 'join', room, name }));
  connection.addEventListener('state', ({ detail }) => showState(detail));
  connection.addEventListener('message', ({ data }) => receive(data));
  connection.addEventListener('refused', refused);
  // The constructor has dispatched this state before there was a listener.
  showState({ kind: 'connecting', text: 'Connecting…' });
}

function refused({ detail: { why, field } }) {
  connection = null;
  showConversation(false);
  sessionStorage.removeItem('invite');
  element('token-field').hidden = false;
  element('refusal').textContent = `The server has refused: ${why}.`;
  element(field).focus();
}

function leave() {
  connection?.end('You have left');
  connection = null;
  showConversation(false);
}

function showState({ kind, text }) {
  element('state').dataset.kind = kind;
  element('state').textContent = text;
  element('retry').hidden = kind !== 'waiting';
  if (kind !== 'open') element('latency').textContent = '';
}

function showConversation(shown) {
  element('entry').hidden = shown;
  element('conversation').hidden = !shown;
  element('actions').hidden = !shown;
  if (!shown) element('room-name').textContent = '';
}

function receive(data) {
  if (data instanceof ArrayBuffer) {
    board.receive(data);
    return;
  }
  let message;
  try {
    message = JSON.parse(data);
  } catch {
    return; // Another program may publish other texts through the bus.
  }
  switch (message?.type) {
    case 'welcome': return welcome(message);
    case 'said': return said(message);
    case 'cleared': return cleared(message);
    case 'people': return showPeople(message);
    case 'latency': return showLatency(message);
    case 'failed': return notice(`Not sent: ${message.why}`, 'failed');
    default: // A newer server may send messages of other types.
  }
}

// The server sends all kept messages after each welcome. So the old ones are removed first.
function welcome({ id, room }) {
  me = id;
  element('log').replaceChildren();
  board.clear();
  element('room-name').textContent = room;
  showConversation(true);
  connection.welcomed('Connected');
  element('text').focus();
}

function said({ from, text, at }) {
  const item = document.createElement('li');
  item.className = from.id === me ? 'said own' : 'said';
  const time = document.createElement('time');
  time.dateTime = new Date(at).toISOString();
  time.textContent = new Date(at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
  const meta = document.createElement('span');
  meta.className = 'meta';
  meta.append(from.name, ' · ', time);
  const body = document.createElement('span');
  body.className = 'text';
  body.textContent = text;
  item.append(meta, body);
  append(item);
  if (from.id !== me && Date.now() - at < 10_000) notifyOf(from.name, text);
}

function cleared({ by }) {
  if (!board.isEmpty) notice(`${by} has emptied the board`);
  board.clear();
}

function showPeople({ people, joined, left }) {
  element('count').textContent = `(${people.length})`;
  element('people-list').replaceChildren(...people.map(({ id, name }) => {
    const item = document.createElement('li');
    item.textContent = id === me ? `${name} (you)` : name;
    return item;
  }));
  for (const { id, name } of joined) if (id !== me) notice(`${name} has joined`);
  for (const { name } of left) notice(`${name} has left`);
}

function showLatency({ milliseconds }) {
  element('latency').textContent = `${milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms`;
}

function notice(text, kind = '') {
  const item = document.createElement('li');
  item.className = `notice ${kind}`;
  item.textContent = text;
  append(item);
}

function append(item) {
  const log = element('log');
  log.append(item);
  while (log.children.length > MAX_LINES) log.firstElementChild.remove();
  if (isAtEnd) log.scrollTop = log.scrollHeight;
}

function notifyOf(name, text) {
  if (!document.hidden) return;
  unread += 1;
  document.title = `(${unread}) Chat`;
  const isWanted = element('notify').getAttribute('aria-pressed') === 'true';
  if (!isWanted) return;
  try {
    new Notification(name, { body: text, tag: 'chat' });
  } catch {
    // On phones, some browsers allow notifications only for service workers.
  }
}

async function toggleNotifications() {
  const button = element('notify');
  const wants = button.getAttribute('aria-pressed') !== 'true';
  const allowed = wants && 'Notification' in window
    && await Notification.requestPermission() === 'granted';
  if (wants && !allowed) notice('This browser does not allow notifications');
  button.setAttribute('aria-pressed', String(allowed));
}

async function copyInvite() {
  const link = `${location.origin}/#invite=${element('token').value}`;
  try {
    await navigator.clipboard.writeText(link);
    notice('The link is in the clipboard');
  } catch {
    notice(link);
  }
}

form.addEventListener('submit', join);
element('composer').addEventListener('submit', (event) => {
  event.preventDefault();
  const text = element('text').value.trim();
  if (!text) return;
  if (!connection?.isOpen) {
    notice('Not sent: there is no connection', 'failed');
    return;
  }
  connection.send(JSON.stringify({ type: 'say', text }));
  element('text').value = '';
});
element('clear').addEventListener('click', () => connection?.send(JSON.stringify({ type: 'clear' })));
element('retry').addEventListener('click', () => connection?.retry());
element('notify').addEventListener('click', toggleNotifications);
element('invite').addEventListener('click', copyInvite);
element('leave').addEventListener('click', leave);
for (const button of document.querySelectorAll('nav button')) {
  button.addEventListener('click', () => {
    element('conversation').dataset.view = button.dataset.view;
    for (const other of document.querySelectorAll('nav button')) {
      other.setAttribute('aria-pressed', String(other === button));
    }
  });
}
// The last message stays in view when the keyboard of a phone opens, or the window changes.
new ResizeObserver(() => { if (isAtEnd) element('log').scrollTop = element('log').scrollHeight; })
  .observe(element('log'));
element('log').addEventListener('scroll', () => {
  const { scrollHeight, scrollTop, clientHeight } = element('log');
  isAtEnd = scrollHeight - scrollTop - clientHeight < 60;
});
document.addEventListener('visibilitychange', () => {
  if (document.hidden) return;
  unread = 0;
  document.title = 'Chat';
});
addEventListener('hashchange', takeInvite);

element('name').value = localStorage.getItem('name') ?? '';
takeInvite();
element(element('token').value ? 'name' : 'token').focus();
