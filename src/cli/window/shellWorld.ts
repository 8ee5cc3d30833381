import { setMaxListeners } from 'node:events';
import type { Socket } from 'node:net';
import { Deferred } from '../../core/async';
import { concat, utf8 } from '../../core/bytes';
import { asError, CancelledError } from '../../core/errors';
import type { Log } from '../../core/log';
import type { Cli, CliWindow } from '../cli';
import { EXIT } from '../exitStatus';
import type { CliInput } from '../input';
import { jsonLine, type FromShell, type FromWindow, type Hello } from './protocol';

interface Listener {
  readonly onData: (chunk: Uint8Array) => void;
  readonly onEnd: () => void;
}

/** The terminal of a shell, for a verb that runs in the window. */
export class ShellWorld {
  readonly #cancel = new AbortController();
  #listener: Listener | undefined;
  #edited: Deferred<number | null> | undefined;

  constructor(
    private readonly hello: Hello,
    private readonly socket: Socket,
    private readonly log: Log,
  ) {
    setMaxListeners(0, this.#cancel.signal);
  }

  cli(window: CliWindow): Omit<Cli, 'options'> {
    const { env, cwd, columns, interactive } = this.hello;
    return {
      out: (data) => {
        const bytes = typeof data === 'string' ? utf8(data) : data;
        this.#send({ type: 'out', data: Buffer.from(bytes).toString('base64') });
      },
      err: (text) => this.#send({ type: 'err', text }),
      input: this.#input(),
      interrupt: () => this.#interrupt(),
      edit: (editor, file) => this.#edit(editor, file),
      ...{ columns, interactive, env, cwd, window },
      signal: this.#cancel.signal,
      log: this.#log(),
    };
  }

  /** Processes a message from the shell. @throws Error for an invalid message */
  take(message: FromShell): void {
    switch (message.type) {
      case 'data':
        this.#listener?.onData(new Uint8Array(Buffer.from(message.data, 'base64')));
        break;
      case 'end':
        this.#listener?.onEnd();
        break;
      case 'interrupt':
        this.#interrupt();
        break;
      case 'edited':
        this.#edited?.resolve(message.status);
        break;
      default:
        throw new Error('the shell sent an unknown message');
    }
  }

  /** Ends the command because its shell has ended. */
  gone(): void {
    this.#cancel.abort(new CancelledError());
    this.#listener?.onEnd();
    this.#edited?.reject(new CancelledError());
  }

  exit(status: number): void {
    this.#send({ type: 'exit', status });
    this.socket.end();
  }

  #interrupt(): void {
    if (this.#cancel.signal.aborted) this.exit(EXIT.cancelled);
    else this.#cancel.abort(new CancelledError());
  }

  #edit(editor: string, file: string): Promise<number | null> {
    this.#edited = new Deferred();
    this.#send({ type: 'edit', editor, file });
    return this.#edited.promise;
  }

  #input(): CliInput {
    const listen: CliInput['listen'] = (onData, onEnd) => {
      this.#listener = { onData, onEnd };
      this.#send({ type: 'keys', on: true });
      return {
        dispose: () => {
          this.#listener = undefined;
          this.#send({ type: 'keys', on: false });
        },
      };
    };
    return {
      isTerminal: this.hello.isTerminal,
      listen,
      readAll: async () => {
        const chunks: Uint8Array[] = [];
        const ended = new Deferred<undefined>();
        const listening = listen(
          (chunk) => chunks.push(chunk),
          () => ended.resolve(undefined),
        );
        await ended.promise;
        listening.dispose();
        return concat(chunks);
      },
    };
  }

  /**
   * Warnings go to the shell. Everything else goes to the log of the window, where the user sets
   * the level.
   */
  #log(): Log {
    const isVerbose = this.hello.argv.some((a) => /^(-v+|--verbose)$/.test(a));
    const say = (level: 'error' | 'warn' | 'info' | 'debug') => (message: string, e?: unknown) => {
      const why = e === undefined ? '' : ` ${asError(e).message}`;
      if (isVerbose || level === 'error' || level === 'warn') {
        this.#send({ type: 'err', text: `${message}${why}\n` });
      } else this.log[level](`mpyfleet: ${message}${why}`);
    };
    return {
      ...{ error: say('error'), warn: say('warn'), info: say('info'), debug: say('debug') },
      trace: (message) => this.log.trace(message),
    };
  }

  #send(message: FromWindow): void {
    if (this.socket.writable) this.socket.write(jsonLine(message));
  }
}
