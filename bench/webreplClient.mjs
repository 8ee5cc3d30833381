// @ts-check
// Implements WebREPL's own put and get as its official client does: frames of 1024 bytes, unverified, in place.
import { once } from 'node:events';
import { WebSocket } from 'ws';

/** A connection that has logged in. @param {number} at @param {string} password */
export async function opened(at, password) {
  const ws = new WebSocket(`ws://127.0.0.1:${at}`, {
    perMessageDeflate: false,
    skipUTF8Validation: true,
  });
  let said = '';
  await new Promise((resolve, reject) => {
    ws.on('error', reject);
    ws.on('close', () => reject(new Error(`closed after ${JSON.stringify(said)}`)));
    ws.on('message', (data) => {
      said += data;
      if (said.endsWith('Password: ')) ws.send(`${password}\r`);
      if (said.endsWith('>>> ')) resolve(undefined);
    });
  });
  ws.removeAllListeners('close');
  return ws;
}

/** Returns whether a server answers. @param {number} at @param {string} password @returns {Promise<boolean>} */
export async function serves(at, password) {
  try {
    const ws = await opened(at, password);
    ws.close();
    await once(ws, 'close');
    return true;
  } catch {
    return false; // not started yet
  }
}

/** Writes a file. @param {WebSocket} ws @param {string} name @param {Buffer} content */
export async function put(ws, name, content) {
  const heard = answers(ws);
  ws.send(header(1, name, content.length));
  ok(await heard());
  for (let at = 0; at < content.length; at += 1024) {
    const sent = new Promise((resolve) => ws.send(content.subarray(at, at + 1024), resolve));
    await sent;
  }
  ok(await heard());
}

/** Reads a file. @param {WebSocket} ws @param {string} name */
export async function get(ws, name) {
  const heard = answers(ws);
  ws.send(header(2, name, 0));
  ok(await heard());
  const parts = [];
  for (;;) {
    ws.send(Buffer.from([0]));
    const part = await heard();
    const length = part.readUInt16LE(0);
    if (length === 0) break;
    parts.push(part.subarray(2, 2 + length));
  }
  ok(await heard());
  return Buffer.concat(parts);
}

/** @param {WebSocket} ws */
function answers(ws) {
  /** @type {Buffer[]} */
  const heard = [];
  /** @type {((data: Buffer) => void)[]} */
  const waiting = [];
  ws.removeAllListeners('message');
  ws.on('message', (data, isBinary) => {
    if (!isBinary) return;
    const next = waiting.shift();
    if (next) next(/** @type {Buffer} */ (data));
    else heard.push(/** @type {Buffer} */ (data));
  });
  return () =>
    /** @type {Promise<Buffer>} */ (
      new Promise((resolve) => {
        const data = heard.shift();
        if (data) resolve(data);
        else waiting.push(resolve);
      })
    );
}

/** @param {number} type @param {string} name @param {number} size */
function header(type, name, size) {
  const bytes = Buffer.alloc(82);
  bytes.write('WA');
  bytes[2] = type;
  bytes.writeUInt32LE(size, 12);
  bytes.writeUInt16LE(name.length, 16);
  bytes.write(name, 18);
  return bytes;
}

/** @param {Buffer} answer */
function ok(answer) {
  if (answer.toString('latin1') !== 'WB\0\0')
    throw new Error(`WebREPL said ${answer.toString('hex')}`);
}
