/** A small application server: sessions in memory and JSON answers, one tick of housekeeping a second. */
import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';

const sessions = new Map();
setInterval(() => sessions.size > 15_000 && sessions.clear(), 1000);
createServer((request, response) => {
  const user = Math.floor(Math.random() * 20_000);
  const session = sessions.get(user) ?? { seen: 0, blob: randomBytes(8000).toString('hex') };
  session.seen += 1;
  sessions.set(user, session);
  const rows = Array.from({ length: 200 }, (_, id) => ({
    id,
    user,
    hash: createHash('sha1').update(`${id}${user}`).digest('hex'),
  }));
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ session: session.seen, rows }));
}).listen(8080);
