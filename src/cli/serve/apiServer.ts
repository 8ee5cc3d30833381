import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { asError } from '../../core/errors';
import type { Log } from '../../core/log';
import { answerCall, type ApiAnswer, type ApiWorld } from './pythingsApi';

/** Maximum length of a call's body in bytes. */
const MAX_BODY = 64 * 1024;
/** Milliseconds after which an incomplete call is dropped. */
const REQUEST_MS = 10_000;

/**
 * Serves the calls on this computer's loopback address. No web page may call them through the
 * user's browser: a request with an Origin, or for another host name, is rejected.
 */
export async function startApi(world: ApiWorld, port: number, log: Log): Promise<Server> {
  const server = createServer({ requestTimeout: REQUEST_MS }, (request, response) => {
    answerTo(world, request)
      .catch((error: unknown): ApiAnswer => {
        log.warn(`${request.url ?? ''}: ${asError(error).message}`);
        const detail = 'The call failed; mpyfleet serve has printed why';
        return { status: 500, json: { detail } };
      })
      .then((answer) => send(response, answer))
      .catch((error: unknown) => log.debug(asError(error).message)); // the caller has disconnected
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve());
  });
  return server;
}

async function answerTo(world: ApiWorld, request: IncomingMessage): Promise<ApiAnswer> {
  const refused = (status: number, detail: string): ApiAnswer => ({ status, json: { detail } });
  const host = (request.headers.host ?? '').replace(/:\d+$/, '');
  if (request.headers.origin !== undefined || !['127.0.0.1', 'localhost'].includes(host)) {
    return refused(403, 'Web pages may not use this interface');
  }
  if (request.method !== 'POST') return refused(405, 'All calls are POST');
  const body = await bodyOf(request);
  if (body === undefined) return refused(413, `A call has at most ${MAX_BODY} bytes`);
  const [, bearer] = /^Bearer (.+)$/.exec(request.headers.authorization ?? '') ?? [];
  const path = (request.url ?? '').replace(/\/?(\?.*)?$/, '');
  return answerCall(world, path, body, bearer);
}

async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request) {
    size += (part as Buffer).length;
    if (size > MAX_BODY) return undefined;
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts).toString('utf8');
}

function send(response: ServerResponse, { status, json }: ApiAnswer): void {
  response.writeHead(status, {
    'Content-Type': 'application/json',
    // The rest of a body that was too long is not read.
    ...(status === 413 ? { Connection: 'close' } : {}),
  });
  response.end(JSON.stringify(json));
}
