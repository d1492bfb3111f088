/**
 * Clients of a cache: `node cache-client.mjs redis|memcached HOST CONNECTIONS PAUSE_MS [VALUE_BYTES] [SHARE_OF_SETS]`. Each
 * connection waits for its answer, then about PAUSE_MS, then asks again.
 */
import { connect } from 'node:net';

const [protocol, host, connections, pauseMs, valueBytes = '300', setShare = '0.1'] = process.argv.slice(2);
const keys = 50_000;
const value = 'x'.repeat(Number(valueBytes));

function request() {
  const key = `key:${Math.floor(Math.random() * keys)}`;
  const isSet = Math.random() < Number(setShare);
  if (protocol === 'memcached') return isSet ? `set ${key} 0 0 ${value.length}\r\n${value}\r\n` : `get ${key}\r\n`;
  const words = isSet ? ['SET', key, value] : ['GET', key];
  return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;
}

const isWhole = (answer) =>
  protocol === 'memcached'
    ? /(END|STORED)\r\n$/.test(answer)
    : /^(\+OK|\$-1)\r\n$/.test(answer) ||
      (answer.startsWith('$') && answer.length > value.length && answer.endsWith('\r\n'));

for (let i = 0; i < Number(connections); i += 1) {
  const socket = connect(6379, host);
  let answer = '';
  socket.setNoDelay(true);
  socket.on('connect', () => socket.write(request()));
  socket.on('data', (chunk) => {
    answer += chunk.toString('latin1');
    if (!isWhole(answer)) return;
    answer = '';
    setTimeout(() => socket.write(request()), Math.random() * 2 * Number(pauseMs));
  });
}
