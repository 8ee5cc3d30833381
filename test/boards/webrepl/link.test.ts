import { createServer as createHttpServer } from 'node:http';
import { connect, createServer as createTcpServer, type AddressInfo, type Server } from 'node:net';
import multicastDns from 'multicast-dns';
import { WebSocketServer } from 'ws';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { webreplAddress } from '../../../src/core/parseAddress';
import { Deferred, systemClock } from '../../../src/core/async';
import { text, utf8 } from '../../../src/core/bytes';
import { ConnectError, ConnectionLostError } from '../../../src/core/errors';
import { localLookup } from '../../../src/transports/mdns/localNames';
import { openWebRepl, type WebReplServices } from '../../../src/transports/webrepl/login';
import type { WebReplStream } from '../../../src/transports/webrepl/webReplStream';
import { onceFree, startProxy, startWebReplBoard, type WebReplBoard } from '../rig/webreplLab';

let lab: WebReplBoard;
const streams: WebReplStream[] = [];
const signal = new AbortController().signal;

beforeAll(async () => {
  lab = await startWebReplBoard();
});
afterAll(() => lab.stop());
afterEach(async () => {
  for (const stream of streams.splice(0)) await stream.close();
});

function services(password: string | undefined = lab.password): WebReplServices {
  return { clock: systemClock, getPassword: () => Promise.resolve(password) };
}

async function attempt(address = lab.address, given: WebReplServices = services()) {
  const stream = await openWebRepl(address, given, signal);
  streams.push(stream);
  return stream;
}

const open = (...given: Parameters<typeof attempt>) => onceFree(() => attempt(...given));

/** Collects output until it holds `wanted`. */
async function hear(stream: WebReplStream, wanted: string): Promise<string> {
  const found = new Deferred<string>();
  let all = Buffer.alloc(0);
  const subscription = stream.onData((data) => {
    all = Buffer.concat([all, data]);
    if (text(all).includes(wanted)) found.resolve(text(all));
  });
  const end = stream.onClose((cause) =>
    found.reject(cause ?? new Error(`closed before ${wanted}; heard ${text(all)}`)),
  );
  try {
    return await found.promise;
  } finally {
    subscription.dispose();
    end.dispose();
  }
}

async function failure(promise: Promise<unknown>): Promise<ConnectError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ConnectError);
  return error as ConnectError;
}

describe('an address', () => {
  it('ends in .local, and is found even if the system does not resolve such names', async () => {
    const mdns = {
      port: 20_000 + Math.floor(Math.random() * 10_000),
      interface: '127.0.0.1',
      bind: '0.0.0.0',
    };
    const responder = multicastDns(mdns);
    try {
      responder.on('query', (query) => {
        if (!query.questions.some((q) => q.name === 'mpy-kitchen.local')) return;
        responder.respond([{ name: 'MPY-kitchen.local', type: 'A', ttl: 1, data: '127.0.0.1' }]);
      });
      await new Promise<void>((resolve) => responder.once('ready', resolve));
      const address = webreplAddress(`ws://mpy-kitchen.local:${lab.port}`);
      const stream = await open(address, { ...services(), lookup: localLookup(mdns) });
      const answer = hear(stream, '1048576');
      await stream.write(utf8('2**20\r'));
      await answer;
    } finally {
      responder.destroy();
    }
  });

  it('is IPv6 with a zone', async () => {
    const relay = createTcpServer((socket) => {
      const board = connect(lab.port, '127.0.0.1');
      for (const end of [socket, board]) end.on('error', () => undefined); // ends with the test
      socket.pipe(board).pipe(socket);
    });
    await new Promise<void>((resolve) => relay.listen(0, '::1', resolve));
    try {
      const { port } = relay.address() as AddressInfo;
      const stream = await open(webreplAddress(`[::1%lo]:${port}`));
      const answer = hear(stream, '1048576');
      await stream.write(utf8('2**20\r'));
      await answer;
    } finally {
      relay.close();
    }
  });
});

/** The board may still be closing the connection of the test before, and is busy until then. */
async function refuses(services: Parameters<typeof open>[1], reason: string): Promise<void> {
  const given = async () => (await failure(attempt(lab.address, services))).reason;
  await expect.poll(given).toBe(reason);
}

describe('logging in', () => {
  it('passes on the output of the interpreter, and only that', async () => {
    const stream = await open();
    const answer = hear(stream, '1267650600228229401496703205376');
    await stream.write(utf8('2**100\r'));
    expect(await answer).toMatch(/^2\*\*100\r\n/);
  });

  it('joins a character that the board sends in two frames', async () => {
    const stream = await open();
    const answer = hear(stream, '\u00e9!');
    const code =
      'import sys; b=sys.stdout.buffer; _=b.write(b"<\\xc3"); _=b.write(b"\\xa9"+bytes([33]))\r';
    await stream.write(utf8(code));
    expect(await answer).toContain('<\u00e9!');
  });

  it('asks again after a wrong password, and accepts the right one', async () => {
    const asked: boolean[] = [];
    const getPassword = (_address: unknown, { wrong }: { wrong: boolean }) => {
      asked.push(wrong);
      return Promise.resolve(wrong ? lab.password : 'wrong!');
    };
    const stream = await open(lab.address, { clock: systemClock, getPassword });
    expect(asked).toEqual([false, true]);
    const answer = hear(stream, '42\r\n');
    await stream.write(utf8('6*7\r'));
    await answer;
  });

  it.each(['wrong!', 'secre', 'secrets', 'secret-and-longer', ' secret'])(
    'says that the password %j is wrong',
    async (password) => {
      await refuses(services(password), 'wrongPassword');
    },
  );

  it('reports a missing password', async () => {
    const getPassword = () => Promise.resolve(undefined);
    await refuses({ clock: systemClock, getPassword }, 'passwordNeeded');
  });

  it('distinguishes a second client from a wrong password', async () => {
    await open();
    const error = await failure(attempt());
    expect(error.reason).toBe('busy');
    expect(error.message).toMatch(/another client/);
  });

  it('frees the board for the next client', async () => {
    const first = await open();
    await first.close();
    const second = await open();
    const answer = hear(second, '7\r\n');
    await second.write(utf8('3+4\r'));
    await answer;
  });
});

describe('a link that dies', () => {
  it('notices an open connection that has become silent', async () => {
    const proxy = await startProxy(lab.port);
    const stream = await open(webreplAddress(`ws://127.0.0.1:${proxy.port}`), {
      ...services(),
      keepAlive: { keepAliveMs: 100, deadMs: 2_000 },
    });
    const closed = new Deferred<Error | undefined>();
    stream.onClose((cause) => closed.resolve(cause));
    // Alive and quiet: the version is asked and answered, and nothing ends.
    while (stream.version === undefined) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(stream.version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(stream.closed).toBe(false);
    proxy.freeze();
    const cause = await closed.promise;
    expect(cause).toBeInstanceOf(ConnectionLostError);
    expect(cause?.message).toMatch(/not answered/);
    await expect(stream.write(utf8('x'))).rejects.toBe(cause);
    await proxy.stop();
  });

  it('answers the keep-alive while a program runs', async () => {
    const stream = await open(lab.address, {
      ...services(),
      keepAlive: { keepAliveMs: 50, deadMs: 2_000 },
    });
    const started = hear(stream, 'go\r\n');
    await stream.write(utf8("exec(\"print('g'+'o')\\nwhile True: pass\")\r"));
    await started;
    const versions = stream.versions;
    while (stream.versions < versions + 2) await new Promise((resolve) => setTimeout(resolve, 20));
    const stopped = hear(stream, 'KeyboardInterrupt');
    await stream.write(Uint8Array.of(3));
    await stopped;
  });

  it('reports the cause when the board resets', async () => {
    const stream = await open();
    const closed = new Deferred<Error | undefined>();
    stream.onClose((cause) => closed.resolve(cause));
    await stream.write(utf8('import machine; machine.reset()\r'));
    expect(await closed.promise).toBeInstanceOf(ConnectionLostError);
    await lab.restart();
  });
});

describe('servers other than WebREPL', () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  async function listen(server: Server): Promise<ReturnType<typeof webreplAddress>> {
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return webreplAddress(`127.0.0.1:${(server.address() as AddressInfo).port}`);
  }

  it('names the web workflow of CircuitPython', async () => {
    const server = createHttpServer((_request, response) => {
      response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="CircuitPython"' }).end();
    });
    const error = await failure(open(await listen(server)));
    expect(error.reason).toBe('notABoard');
    expect(error.message).toContain('CircuitPython');
  });

  it('names a web page by its title, made harmless', async () => {
    const server = createHttpServer((_request, response) => {
      response.end('<html><title>My \u001b[31mPrinter\n</title>');
    });
    const error = await failure(open(await listen(server)));
    expect(error.reason).toBe('notABoard');
    expect(error.message).toContain('("My  [31mPrinter")');
  });

  it('names a captive portal by the target of its redirect', async () => {
    const server = createHttpServer((_request, response) => {
      response.writeHead(302, { Location: 'http://login.example/?x=1' }).end();
    });
    const error = await failure(open(await listen(server)));
    expect(error.reason).toBe('notABoard');
    expect(error.message).toContain('login.example');
  });

  it('names a WebSocket server that asks for no password', async () => {
    const server = createHttpServer();
    new WebSocketServer({ server }).on('connection', (socket) =>
      socket.send('Welcome to the chat'),
    );
    const error = await failure(open(await listen(server)));
    expect(error.reason).toBe('notABoard');
  });

  it('names a server that does not speak HTTP', async () => {
    const server = createTcpServer((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'));
    expect((await failure(open(await listen(server)))).reason).toBe('notABoard');
  });

  it('reports a closed port, and an unknown name', async () => {
    const server = createTcpServer();
    const address = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    servers.length = 0;
    expect((await failure(open(address))).reason).toBe('refused');
    const unknown = webreplAddress('ws://no-such-board.invalid');
    expect((await failure(open(unknown))).reason).toBe('notFound');
  });
});
