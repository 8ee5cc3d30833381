import * as l10n from '@vscode/l10n';
import { abortable, Deferred, Queue, systemClock, awaitedLater } from '../../core/async';
import { concat, text, utf8 } from '../../core/bytes';
import { FileError, ProtocolError, TimeoutError } from '../../core/errors';
import type { Disposable } from '../../core/events';
import { pythonError } from '../../core/python/python';
import type { BrokerConnection, BrokerMessage } from '../mqtt';
import { decodeMqboard, encodeMqboard, MqboardReply } from './mqboardFrames';

/** Chunk size of the original's own tool, in bytes. */
const CHUNK = 1400;
/** Frames have 15-bit numbers, and the highest number is reserved. */
const MOST_CHUNKS = 0x7ffe;
/** Code travels in one frame, which the board holds in memory. */
const MOST_CODE = 16 * 1024;
/** Such a board sends nothing while it works, and its broker does not report that it is away. */
const ANSWER_MS = 60_000;
/** Limit for an answer in several pieces, in bytes. */
const MOST_ANSWER = 64 * 1024 * 1024;

/**
 * A board with the original mqboard. It handles one command at a time, because its transfers share
 * one state.
 */
export class MqboardClient implements Disposable {
  readonly #queue = new Queue();
  readonly #listener: Disposable;
  #current:
    { id: string; reply: MqboardReply; size: number; done: Deferred<Uint8Array> } | undefined;
  #heard: (() => void) | undefined;

  constructor(
    private readonly connection: BrokerConnection,
    private readonly prefix: string,
  ) {
    this.#listener = connection.listen(`${prefix}/mqb/reply/+/+`, (m) => this.#receive(m));
  }

  /**
   * Runs code and returns its output. A leading `pass` makes the board run it as statements and
   * capture the output.
   * @throws PythonError with the board's traceback, TimeoutError
   */
  eval(code: Uint8Array, signal?: AbortSignal): Promise<Uint8Array> {
    const source = concat([utf8('pass\n'), code]);
    if (source.length > MOST_CODE) {
      throw new FileError(
        'ENOMEM',
        '',
        l10n.t('The code is too long for a board with the old mqboard'),
        {
          hint: l10n.t('Put the code into a file and run that.'),
        },
      );
    }
    return this.#command('eval', '', [source], signal);
  }

  /** Reads the content of a file. */
  get(path: string, signal?: AbortSignal): Promise<Uint8Array> {
    return this.#command('get', path, [new Uint8Array()], signal);
  }

  /**
   * Writes a file in place without verification: only for temporary files, which are verified and
   * renamed afterwards.
   */
  async put(
    path: string,
    content: Uint8Array,
    options: { signal?: AbortSignal; onSent?: (bytes: number) => void } = {},
  ): Promise<void> {
    const count = Math.max(1, Math.ceil(content.length / CHUNK));
    if (count > MOST_CHUNKS) {
      throw new FileError('EINVAL', path, l10n.t('The file is too large for the old mqboard'));
    }
    const chunks = Array.from({ length: count }, (_, i) =>
      content.subarray(i * CHUNK, (i + 1) * CHUNK),
    );
    const said = await this.#command('put', path, chunks, options.signal, options.onSent);
    if (text(said).trim() !== 'OK')
      throw new ProtocolError(l10n.t('the board did not confirm the file'));
  }

  dispose(): void {
    this.#listener.dispose();
  }

  #command(
    command: string,
    tail: string,
    chunks: readonly Uint8Array[],
    signal?: AbortSignal,
    onSent?: (bytes: number) => void,
  ): Promise<Uint8Array> {
    return this.#queue.run(async () => {
      const id = Buffer.from(crypto.getRandomValues(new Uint8Array(6))).toString('base64url');
      const done = new Deferred<Uint8Array>();
      awaitedLater(done.promise); // sending may fail first
      this.#current = { id, reply: new MqboardReply(), size: 0, done };
      const timer = this.#watch(done);
      try {
        const topic = `${this.prefix}/mqb/cmd/${command}/${id}/${tail.replace(/^\//, '')}`;
        let sent = 0;
        for (const [i, chunk] of chunks.entries()) {
          const frame = encodeMqboard(i, i === chunks.length - 1, chunk);
          await abortable(this.connection.publish(topic, frame, { qos: 1 }), signal);
          onSent?.((sent += chunk.length));
          this.#heard?.();
        }
        return await abortable(done.promise, signal);
      } finally {
        timer.dispose();
        this.#current = undefined;
      }
    }, signal);
  }

  /** Fails the command when nothing arrives any more. */
  #watch(done: Deferred<Uint8Array>): Disposable {
    let timer: Disposable | undefined;
    const begin = () => {
      timer?.dispose();
      timer = systemClock.after(ANSWER_MS, () =>
        done.reject(
          new TimeoutError(l10n.t('The board does not answer'), {
            hint: l10n.t('It may be away or busy: the old mqboard does not report which.'),
          }),
        ),
      );
    };
    this.#heard = begin;
    begin();
    return {
      dispose: () => {
        timer?.dispose();
        this.#heard = undefined;
      },
    };
  }

  #receive({ topic, payload }: BrokerMessage): void {
    const [kind, id] = topic.slice(`${this.prefix}/mqb/reply/`.length).split('/');
    const current = this.#current;
    if (current?.id !== id || !current) return; // an answer to another client, or a late one
    this.#heard?.();
    try {
      if (kind === 'err') throw commandError(payload);
      const frame = decodeMqboard(payload);
      current.size += frame.data.length;
      if (current.size > MOST_ANSWER) throw new ProtocolError(l10n.t('the board keeps sending'));
      if (current.reply.take(frame)) current.done.resolve(concat(current.reply.parts));
    } catch (error) {
      current.done.reject(error);
    }
  }
}

/** Errors are plain text: a traceback, or a description of the problem with the command. */
function commandError(payload: Uint8Array): Error {
  const words = text(payload).slice(0, 4096);
  if (/^MQRepl protocol error|not supported$/.test(words)) return new ProtocolError(words);
  return pythonError(payload.slice(0, 4096));
}
