/** The other end of a transfer: sends 300 MB to whoever asks, and takes what is sent. */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { Readable } from 'node:stream';

const block = randomBytes(1_000_000);
createServer((request, response) => {
  if (request.method === 'GET') Readable.from(Array.from({ length: 300 }, () => block)).pipe(response);
  else request.resume().on('end', () => response.end());
}).listen(8080);
