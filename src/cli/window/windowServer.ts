import { randomBytes, timingSafeEqual } from 'node:crypto';
import { rmSync } from 'node:fs';
import { chmod, mkdir, mkdtemp } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { version } from '../../../package.json';
import { asError } from '../../core/errors';
import type { Disposable } from '../../core/events';
import { replaceFile } from '../../core/localFiles';
import type { Log } from '../../core/log';
import type { CliWindow } from '../cli';
import { JsonLines, jsonLine, readHello, type FromShell, type Hello, type Place } from './protocol';
import { ShellWorld } from './shellWorld';

/** Milliseconds after which a connection that has sent no first line is closed. */
const HELLO_MS = 5_000;

/**
 * Runs command lines of the window's terminals in the window: on a socket that only this user can
 * open (a named pipe with a random name on Windows), for clients that know the token.
 */
export class WindowServer implements Disposable {
  readonly #token = randomBytes(24).toString('base64url');
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #folder: string | undefined;

  constructor(
    private readonly window: CliWindow,
    private readonly log: Log,
    /** The file that tells terminals where the window listens. */
    private readonly file: string,
  ) {}

  async start(): Promise<void> {
    const path = await this.#place();
    const server = createServer((socket) => this.#accept(socket));
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, resolve);
    });
    if (process.platform !== 'win32') await chmod(path, 0o600);
    const place: Place = { path, token: this.#token };
    await mkdir(dirname(this.file), { recursive: true, mode: 0o700 });
    await replaceFile(this.file, JSON.stringify(place), { mode: 0o600 });
  }

  dispose(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server?.close();
    if (this.#folder === undefined) return;
    // At once, because a closing window ends its extension host without waiting.
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /**
   * Returns the path of the socket. Its folder belongs to this user only, so no one else can
   * connect between listen and chmod.
   */
  async #place(): Promise<string> {
    if (process.platform === 'win32') {
      return `\\\\.\\pipe\\mpyfleet-${randomBytes(16).toString('hex')}`;
    }
    this.#folder = await mkdtemp(join(tmpdir(), 'mpyfleet-'));
    return join(this.#folder, 'window');
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', (error) => this.log.debug(`mpyfleet: ${error.message}`));
    socket.setTimeout(HELLO_MS, () => socket.destroy());
    const lines = new JsonLines();
    let world: ShellWorld | undefined;
    socket.on('data', (chunk) => {
      try {
        for (const value of lines.add(chunk)) {
          if (world) world.take(value as FromShell);
          else world = this.#begin(socket, value);
        }
      } catch (error) {
        this.log.warn(`mpyfleet: ${asError(error).message}`);
        socket.destroy();
      }
    });
    socket.on('close', () => world?.gone());
  }

  #begin(socket: Socket, value: unknown): ShellWorld {
    const hello = readHello(value);
    if (!hello || !isSame(hello.token, this.#token))
      throw new Error('an unknown client was rejected');
    socket.setTimeout(0);
    const world = new ShellWorld(hello, socket, this.log);
    if (hello.version === version) void this.#run(hello, world);
    else {
      const message = `the window has version ${version} of mpyfleet, this one is ${hello.version}`;
      socket.end(jsonLine({ type: 'refused', message }));
    }
    return world;
  }

  async #run({ argv }: Hello, world: ShellWorld): Promise<void> {
    const { mpyfleet } = await import('../mpyfleet');
    world.exit(await mpyfleet(argv, world.cli(this.window)));
  }
}

function isSame(a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a), Buffer.from(b)];
  return x.length === y.length && timingSafeEqual(x, y);
}
