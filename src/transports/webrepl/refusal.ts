import * as l10n from '@vscode/l10n';
import type { IncomingMessage } from 'node:http';
import type { WebReplAddress } from '../../core/address';
import { asError, ConnectError, type ConnectReason } from '../../core/errors';

/** Bytes of a web page that are read to identify its server. */
const MAX_PAGE_BYTES = 4096;
const startHint = () =>
  l10n.t(
    'Start WebREPL on the board (import webrepl; webrepl.start()), or use "Set Up WebREPL" while it is on a cable.',
  );

/**
 * Returns the error for a server that answered the WebSocket request with something else; names
 * what it seems to be.
 */
export async function refusedByServer(
  address: WebReplAddress,
  response: IncomingMessage,
): Promise<ConnectError> {
  const status = response.statusCode ?? 0;
  const page = await firstBytes(response);
  const all = `${JSON.stringify(response.headers)} ${page}`;
  if (/circuitpython/i.test(all)) {
    return notABoard(
      address,
      l10n.t('This is the web workflow of a CircuitPython board, not WebREPL'),
      l10n.t('Connect the CircuitPython board by its cable: its REPL works there.'),
    );
  }
  if (status >= 300 && status < 400) {
    return notABoard(
      address,
      l10n.t('A web server answers there and redirects to {0}', hostOf(response.headers.location)),
      l10n.t(
        'This may be the sign-in page of the network: sign in with a browser, and check the board’s address.',
      ),
    );
  }
  if (status === 401 || status === 403) {
    return notABoard(
      address,
      l10n.t('A web server that asks for a sign-in (HTTP {0}) answers there, not WebREPL', status),
      l10n.t('Check the address; WebREPL listens on port 8266 unless the board says otherwise.'),
    );
  }
  const title = /<title[^>]*>([^<]{1,80})/i
    .exec(page)?.[1]
    ?.replace(/[^ -~]+/g, ' ')
    .trim();
  return notABoard(
    address,
    title
      ? l10n.t('A web server ("{0}") answers there (HTTP {1}), not WebREPL', title, status)
      : l10n.t('A web server answers there (HTTP {0}), not WebREPL', status),
    l10n.t('Check the address; WebREPL listens on port 8266 unless the board says otherwise.'),
  );
}

/** Returns the error for a connected server that does not speak WebREPL. */
export function notWebRepl(address: WebReplAddress): ConnectError {
  return notABoard(
    address,
    l10n.t('A WebSocket server answers there that is not WebREPL'),
    l10n.t('Check the address; WebREPL listens on port 8266 unless the board says otherwise.'),
  );
}

/**
 * Returns the error for a server that disconnected before asking for the password: WebREPL serves
 * one client at a time.
 */
export function taken(address: WebReplAddress, cause?: unknown): ConnectError {
  return new ConnectError(
    address,
    'busy',
    l10n.t(
      'The board closed the connection immediately: another client is probably connected to its WebREPL',
    ),
    {
      hint: l10n.t(
        'Close the other WebREPL client (a browser tab, another window), or reset the board, and connect again.',
      ),
      cause,
    },
  );
}

/** Returns the error for a failure of the network or TLS, or for an HTTP error. */
export function failedToConnect(address: WebReplAddress, cause: unknown): ConnectError {
  const error = asError(cause);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const fail = (reason: ConnectReason, message: string, hint: string) =>
    new ConnectError(address, reason, message, { hint, cause });
  switch (code) {
    case 'ECONNREFUSED':
      return fail('refused', l10n.t('Nothing listens at that address'), startHint());
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return fail(
        'notFound',
        l10n.t('No device with that name is on the network'),
        l10n.t('Check the name, or use the IP address that the board prints.'),
      );
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EHOSTDOWN':
    case 'ETIMEDOUT':
      return noAnswer(address, cause);
    case 'ECONNRESET':
    case 'EPIPE':
      return taken(address, cause);
  }
  if (/handshake has timed out/i.test(error.message)) return noAnswer(address, cause);
  if (code.startsWith('HPE_') || /Sec-WebSocket|Upgrade header/i.test(error.message)) {
    return notABoard(
      address,
      l10n.t('The address answers, but not as a web server or WebREPL'),
      l10n.t('Check the port; WebREPL listens on 8266 unless the board says otherwise.'),
      cause,
    );
  }
  if (/SSL|TLS|certificate/i.test(`${code} ${error.message}`)) {
    return fail(
      'other',
      l10n.t('TLS failed: {0}', error.message),
      l10n.t('Use ws:// unless the board serves TLS.'),
    );
  }
  return fail(
    'other',
    l10n.t('The connection failed: {0}', error.message),
    l10n.t('Check the network and try again.'),
  );
}

/** Returns the error for a device that stays silent. */
export function noAnswer(address: WebReplAddress, cause?: unknown): ConnectError {
  return new ConnectError(address, 'noAnswer', l10n.t('The board does not answer'), {
    hint: l10n.t(
      'Check that the board has power, is on the same network, and still has this address.',
    ),
    cause,
  });
}

function notABoard(
  address: WebReplAddress,
  message: string,
  hint: string,
  cause?: unknown,
): ConnectError {
  return new ConnectError(address, 'notABoard', message, { hint, cause });
}

/** Returns the host name of a redirect, in characters that are safe to show. */
function hostOf(location: string | undefined): string {
  try {
    return new URL(location ?? '').host.replace(/[^\w.:[\]-]/g, '') || l10n.t('another page');
  } catch {
    return l10n.t('another page'); // a relative redirect
  }
}

async function firstBytes(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  try {
    for await (const part of response) {
      parts.push(part as Buffer);
      length += (part as Buffer).length;
      if (length >= MAX_PAGE_BYTES) break;
    }
  } catch {
    // The server cut its page short; the received part is enough to identify it.
  }
  response.destroy();
  return Buffer.concat(parts).subarray(0, MAX_PAGE_BYTES).toString('latin1');
}
