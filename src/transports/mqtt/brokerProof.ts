/**
 * Is the program on the local broker's port ours? Before a window sends its login, the program must
 * prove that it knows the broker's secret; question and answer reveal nothing about it.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { Deferred, systemClock } from '../../core/async';

/** No MQTT client starts like this: `m` would be a packet type that only brokers send. */
const MAGIC = Buffer.from('mpyfleet-proof 1\n');
const NONCE = 32;
const QUESTION = MAGIC.length + NONCE;
const PROOF = 32;
/** Milliseconds; our broker answers in a few, but a busy computer may need longer. */
const LIMIT_MS = 5_000;

/**
 * Computes the proof. The port is included, so that a program on another port cannot relay a
 * broker's answer.
 */
function proof(secret: string, port: number, nonce: Uint8Array): Buffer {
  return createHmac('sha256', secret).update(`proof ${port} `).update(nonce).digest();
}

/**
 * Returns whether a connection that starts with these bytes asks for a proof; undefined if there
 * are too few bytes to tell.
 */
export function asksForProof(first: Uint8Array): boolean | undefined {
  const length = Math.min(first.length, MAGIC.length);
  if (!MAGIC.subarray(0, length).equals(first.subarray(0, length))) return false;
  return first.length >= QUESTION ? true : undefined;
}

/** Answers the question in `first` and ends the connection. */
export function giveProof(socket: Socket, first: Uint8Array, secret: string, port: number): void {
  socket.end(proof(secret, port, first.subarray(MAGIC.length, QUESTION)));
}

/**
 * Returns whether the program on this local port knows the secret. Never rejects; for a silent or
 * foreign program it returns false.
 */
export async function proves(port: number, secret: string, tls: boolean): Promise<boolean> {
  const nonce = randomBytes(NONCE);
  const answer = new Deferred<Uint8Array>();
  const chunks: Buffer[] = [];
  const where = { port, host: '127.0.0.1' };
  // The certificate does not matter here, because nothing secret is sent.
  const socket = tls ? connectTls({ ...where, rejectUnauthorized: false }) : connect(where);
  socket.once(tls ? 'secureConnect' : 'connect', () => socket.write(Buffer.concat([MAGIC, nonce])));
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    if (chunks.reduce((sum, c) => sum + c.length, 0) >= PROOF)
      answer.resolve(Buffer.concat(chunks));
  });
  const nothing = () => answer.resolve(new Uint8Array());
  socket.once('error', nothing);
  socket.once('close', nothing);
  const timer = systemClock.after(LIMIT_MS, nothing);
  const given = await answer.promise;
  timer.dispose();
  socket.destroy();
  return given.length === PROOF && timingSafeEqual(given, proof(secret, port, nonce));
}
