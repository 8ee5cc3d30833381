import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { networkInterfaces } from 'node:os';
import { timingSafeEqual, createHash } from 'node:crypto';
import type { Aedes } from 'aedes';
import { Deferred } from '../../core/async';
import { asError, ConnectError } from '../../core/errors';
import { Emitter } from '../../core/events';
import {
  localBrokerAddress,
  type LocalBrokerOptions,
  type LocalBrokerStatus,
} from '../../core/broker/localBroker';
import type { Log } from '../../core/log';

/** A board that says nothing for this long after connecting is no MQTT client. */
const CONNECT_TIMEOUT_MS = 15_000;

/** The embedded broker: user and password always, this computer only unless the network is asked for. */
export class LocalBroker {
  readonly #changed = new Emitter<LocalBrokerStatus>();
  readonly onDidChange = this.#changed.event;
  readonly #sockets = new Set<Socket>();
  #aedes: Aedes | undefined;
  #server: Server | undefined;
  #status: LocalBrokerStatus = { running: false };

  constructor(private readonly log: Log) {}

  get status(): LocalBrokerStatus {
    return this.#status;
  }

  /** Starts listening. @throws ConnectError when the port is taken */
  async start(options: LocalBrokerOptions): Promise<LocalBrokerStatus> {
    await this.stop();
    const { Aedes } = await import('aedes');
    const aedes = await Aedes.createBroker({ connectTimeout: CONNECT_TIMEOUT_MS });
    aedes.authenticate = (_client, username, password, done) => {
      const ok = username === options.username && samePassword(password, options.password);
      if (ok) done(null, true);
      else done(Object.assign(new Error('wrong user name or password'), { returnCode: 4 }), false);
    };
    aedes.on('clientReady', () => this.#count());
    aedes.on('clientDisconnect', () => this.#count());
    aedes.on('clientError', (client, error) => {
      this.log.debug(`local broker: ${client.id}: ${error.message}`);
    });
    this.#aedes = aedes;
    const handle = (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      aedes.handle(socket);
    };
    const server = options.tls
      ? createTlsServer({ cert: options.tls.cert, key: options.tls.key }, handle)
      : createServer({ noDelay: true }, handle);
    let port: number;
    try {
      port = await listen(server, options);
    } catch (error) {
      this.#aedes = undefined;
      await closeBroker(aedes);
      throw error;
    }
    this.#server = server;
    const scheme = options.tls ? 'mqtts' : 'mqtt';
    this.#set({
      running: true,
      clients: 0,
      port,
      url: `${scheme}://127.0.0.1:${port}`,
      lanUrls: options.lan ? lanAddresses().map((a) => `${scheme}://${a}:${port}`) : [],
    });
    return this.#status;
  }

  /** Stops and disconnects every client. Does nothing when it is not running. */
  async stop(): Promise<void> {
    const aedes = this.#aedes;
    const server = this.#server;
    this.#aedes = undefined;
    this.#server = undefined;
    if (!aedes || !server) return;
    const closed = new Deferred<undefined>();
    server.close((error) => (error ? closed.reject(error) : closed.resolve(undefined)));
    await closeBroker(aedes);
    for (const socket of this.#sockets) socket.destroy();
    await closed.promise;
    this.#set({ running: false });
  }

  #count(): void {
    if (this.#status.running && this.#aedes) {
      this.#set({ ...this.#status, clients: this.#aedes.connectedClients });
    }
  }

  #set(status: LocalBrokerStatus): void {
    this.#status = status;
    this.#changed.fire(status);
  }
}

async function closeBroker(aedes: Aedes): Promise<void> {
  const ended = new Deferred<undefined>();
  aedes.close(() => ended.resolve(undefined));
  await ended.promise;
}

function samePassword(given: Readonly<Buffer> | undefined, wanted: string): boolean {
  const digest = (value: string | Uint8Array) => createHash('sha256').update(value).digest();
  return given !== undefined && timingSafeEqual(digest(given), digest(wanted));
}

async function listen(server: Server, options: LocalBrokerOptions): Promise<number> {
  const listening = new Deferred<undefined>();
  server.once('error', listening.reject);
  server.listen(options.port, options.lan ? '0.0.0.0' : '127.0.0.1', () =>
    listening.resolve(undefined),
  );
  try {
    await listening.promise;
  } catch (cause) {
    const inUse = (cause as NodeJS.ErrnoException).code === 'EADDRINUSE';
    throw new ConnectError(
      localBrokerAddress,
      inUse ? 'busy' : 'other',
      inUse
        ? `Port ${options.port} is used by another program`
        : `The broker cannot listen on port ${options.port}: ${asError(cause).message}`,
      {
        cause,
        hint: inUse
          ? 'Perhaps a broker runs already: add it as a connection. Or choose another port (mpyFleet.localBroker.port).'
          : 'Choose another port (mpyFleet.localBroker.port).',
      },
    );
  }
  const address = server.address();
  return typeof address === 'object' && address ? address.port : options.port;
}

/** IPv4 addresses under which boards in the same network reach this computer. */
function lanAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter((a) => a.family === 'IPv4' && !a.internal)
    .map((a) => a.address);
}
