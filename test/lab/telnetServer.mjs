// @ts-check
// The telnet server of an old WiPy in front of a real MicroPython: it sends, expects and drops the same bytes as MicroPython's
// cc3200 port (ports/cc3200/telnet/telnet.c, servers.c).
import { constants, openSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { ReadStream } from 'node:tty';

const IAC = 255;
const [WILL, WONT] = [251, 252];
const [ECHO, NO_GO_AHEAD, LINEMODE] = [1, 3, 34];
const USER_OPTIONS = [IAC, WONT, ECHO, IAC, WONT, NO_GO_AHEAD, IAC, WILL, LINEMODE];
const PASSWORD_OPTIONS = [IAC, WILL, ECHO, IAC, WONT, NO_GO_AHEAD, IAC, WILL, LINEMODE];
const REPL_OPTIONS = [IAC, WILL, ECHO, IAC, WILL, NO_GO_AHEAD, IAC, WONT, LINEMODE];
const ATTEMPTS = 3;

/**
 * @typedef {object} TelnetServer
 * @property {number} port
 * @property {() => number} logins attempts to log in so far
 * @property {() => Promise<void>} free resolves once no client is connected and the next one can come
 * @property {() => void} cut ends the client's connection, like a reset of the board
 * @property {() => Promise<void>} stop
 */

/**
 * Serves the REPL at `tty` to one client at a time: while it is connected, further ones are refused.
 * @param {string} tty
 * @param {{ user?: string, password?: string, port?: number }} [login]
 * @returns {Promise<TelnetServer>}
 */
export async function startTelnetServer(
  tty,
  { user = 'micro', password = 'python', port = 0 } = {},
) {
  const repl = new ReadStream(openSync(tty, constants.O_RDWR | constants.O_NOCTTY));
  repl.setRawMode(true);
  /** @type {import('node:net').Socket | undefined} */
  let client;
  let isIn = false;
  let logins = 0;
  repl.on('error', () => client?.destroy()); // the board has been switched off
  repl.on('data', (data) => isIn && client?.write(data));

  const server = createServer({ noDelay: true }, (socket) => {
    server.close(); // TELNET_MAX_CLIENTS is 1
    client = socket;
    isIn = false;
    let failed = 0;
    let name = '';
    let line = '';
    /** @type {'user' | 'password' | 'repl'} */
    let asked = 'user';
    const askUser = () => {
      asked = 'user';
      socket.write(Buffer.from(USER_OPTIONS));
      socket.write('Login as: ');
    };
    const judge = () => {
      logins++;
      if (name === user && line === password) {
        asked = 'repl';
        socket.write(Buffer.from(REPL_OPTIONS));
        socket.write('\r\nLogin succeeded!\r\nType "help()" for more information.\r\n');
        isIn = true;
        repl.write(Buffer.from(`${'\b'.repeat(128)}\r`)); // clears the line and makes the REPL print its prompt
        return;
      }
      socket.write('\r\nInvalid credentials, try again.\r\n');
      if (++failed >= ATTEMPTS) socket.destroy();
      else askUser();
    };
    socket.on('data', (data) => {
      const text = dropped(data);
      if (asked === 'repl') {
        repl.write(text);
        return;
      }
      for (const char of text.toString('latin1')) {
        if (char !== '\r') {
          line += char;
          continue;
        }
        if (asked === 'user') {
          name = line;
          asked = 'password';
          socket.write('Password: ');
          socket.write(Buffer.from(PASSWORD_OPTIONS));
        } else judge();
        line = '';
        break; // what follows in the same packet is dropped
      }
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      client = undefined;
      isIn = false;
      if (!stopped) server.listen(at, '127.0.0.1');
    });
    socket.write('MicroPython v1.8.6 on 2016-11-10; WiPy with CC3200\r\n');
    askUser();
  });
  let stopped = false;
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const at = /** @type {import('node:net').AddressInfo} */ (server.address()).port;
  return {
    port: at,
    logins: () => logins,
    free: async () => {
      if (!server.listening) await once(server, 'listening');
    },
    cut: () => client?.destroy(),
    stop: async () => {
      stopped = true;
      const gone = client && once(client, 'close');
      client?.destroy();
      await gone;
      if (server.listening) await new Promise((resolve) => server.close(resolve));
      repl.destroy();
    },
  };
}

/** Drops the same bytes as telnet_parse_input: NUL, and each byte above 127 with the two after it. @param {Buffer} data */
function dropped(data) {
  const kept = [];
  for (let i = 0; i < data.length; i++) {
    const byte = data[i] ?? 0;
    if (byte > 127) i += 2;
    else if (byte > 0) kept.push(byte);
  }
  return Buffer.from(kept);
}
