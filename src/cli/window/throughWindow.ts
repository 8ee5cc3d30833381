import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { version } from '../../../package.json';
import { Deferred } from '../../core/async';
import { asError, UsageError } from '../../core/errors';
import type { Disposable } from '../../core/events';
import type { Cli } from '../cli';
import { EXIT } from '../exitStatus';
import { readCommandLines } from '../table';
import {
  JsonLines,
  jsonLine,
  WINDOW_VARIABLE,
  type FromShell,
  type FromWindow,
  type Place,
} from './protocol';

type World = Omit<Cli, 'options'>;

/**
 * Runs this command line in the window that owns the terminal, with its names, keys and open links,
 * and in the queue of each board.
 * @returns the exit status; undefined if there is no such window, or the command does not need one
 */
export async function throughWindow(
  argv: readonly string[],
  world: World,
): Promise<number | undefined> {
  const file = world.env[WINDOW_VARIABLE];
  if (!file || !(await needsWindow(argv))) return undefined;
  try {
    const { path, token } = JSON.parse(await readFile(file, 'utf8')) as Place;
    const socket = await connected(path);
    return await new Exchange(socket, world).run(argv, token);
  } catch (error) {
    // The window is closed, and has released its ports and keys.
    world.log.info(`The window of this terminal does not answer: ${asError(error).message}`);
    return undefined;
  }
}

/**
 * Returns whether all commands of the line work on boards. A line with a mistake is reported
 * without the window.
 */
async function needsWindow(argv: readonly string[]): Promise<boolean> {
  const { findVerb } = await import('../table/verbTable');
  try {
    return readCommandLines(argv).every(({ verb, options }) => {
      const known = verb === undefined ? undefined : findVerb(verb);
      return known !== undefined && !known.alone && !options.help && !options.version;
    });
  } catch (error) {
    if (error instanceof UsageError) return false;
    throw error;
  }
}

function connected(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => resolve(socket));
    socket.once('error', reject);
  });
}

/** Runs one command line in the window, with this process as its terminal. */
class Exchange {
  readonly #ended = new Deferred<number | undefined>();
  #keys: Disposable | undefined;

  constructor(
    private readonly socket: Socket,
    private readonly world: World,
  ) {}

  async run(argv: readonly string[], token: string): Promise<number | undefined> {
    const { world, socket } = this;
    const lines = new JsonLines();
    socket.on('data', (chunk) => {
      try {
        for (const value of lines.add(chunk)) this.#take(value as FromWindow);
      } catch (error) {
        world.err(`mpyfleet: ${asError(error).message}\n`);
        this.#ended.resolve(EXIT.link);
      }
    });
    socket.on('error', (error) => world.log.info(error.message));
    socket.on('close', () => {
      world.err('mpyfleet: The window has closed the connection.\n');
      this.#ended.resolve(EXIT.link);
    });
    const onAbort = () => this.#send({ type: 'interrupt' });
    world.signal.addEventListener('abort', onAbort);
    const env = Object.entries(world.env).filter((e): e is [string, string] => e[1] !== undefined);
    const { cwd, columns, interactive, input } = world;
    socket.write(
      jsonLine({
        ...{ token, version, argv, cwd, interactive, isTerminal: input.isTerminal },
        env: Object.fromEntries(env),
        ...(columns === undefined ? {} : { columns }),
      }),
    );
    try {
      return await this.#ended.promise;
    } finally {
      world.signal.removeEventListener('abort', onAbort);
      this.#keys?.dispose();
      socket.removeAllListeners('close');
      socket.destroy();
    }
  }

  #take(message: FromWindow): void {
    const { world } = this;
    switch (message.type) {
      case 'out':
        world.out(Buffer.from(message.data, 'base64'));
        break;
      case 'err':
        world.err(message.text);
        break;
      case 'keys':
        this.#listen(message.on);
        break;
      case 'edit':
        this.#edit(message.editor, message.file);
        break;
      case 'refused':
        world.err(`mpyfleet: Working without the window: ${message.message}.\n`);
        this.#ended.resolve(undefined);
        break;
      case 'exit':
        this.#ended.resolve(message.status);
        break;
      default:
        throw new Error('The window sent an unknown message');
    }
  }

  #listen(on: boolean): void {
    this.#keys?.dispose();
    this.#keys = undefined;
    if (!on) return;
    this.#keys = this.world.input.listen(
      (chunk) => this.#send({ type: 'data', data: Buffer.from(chunk).toString('base64') }),
      () => this.#send({ type: 'end' }),
    );
  }

  #edit(editor: string, file: string): void {
    this.world.edit(editor, file).then(
      (status) => this.#send({ type: 'edited', status }),
      (error: unknown) => {
        this.world.err(`mpyfleet: ${asError(error).message}\n`);
        this.#send({ type: 'edited', status: null });
      },
    );
  }

  #send(message: FromShell): void {
    if (this.socket.writable) this.socket.write(jsonLine(message));
  }
}
