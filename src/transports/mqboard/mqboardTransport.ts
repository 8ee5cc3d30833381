import * as l10n from '@vscode/l10n';
import { sha256 } from '../../core/hash';
import type { MqboardAddress } from '../../core/address';
import { Queue } from '../../core/async';
import type { BoardFiles, TransferOptions } from '../../core/boardFiles';
import { text, utf8 } from '../../core/bytes';
import { ConnectionLostError, ProtocolError } from '../../core/errors';
import { DisposableStore, Emitter } from '../../core/events';
import { pyRepr } from '../../core/python/python';
import type { Activity, Session, SessionOptions, Transport } from '../../core/transport';
import type { MqttBroker } from '../mqtt';
import { MqboardClient } from './mqboardClient';

/**
 * A board with the original mqboard: code, files and a reset. Code compensates for what its
 * protocol lacks (verified files, keeping old files until new ones are complete). What cannot be
 * compensated (interrupting, a prompt) is not offered.
 */
export class MqboardTransport implements Transport {
  readonly kind = 'mqboard';
  readonly can = {
    ...{ terminal: false, interrupt: false, hardReset: true, stdin: false },
    besideProgram: true,
  };
  readonly activity: Activity = 'unknown';
  readonly #lifetime = new DisposableStore();
  readonly #closed = this.#lifetime.add(new Emitter<Error | undefined>());
  readonly onClose = this.#closed.event;
  readonly onActivity = this.#lifetime.add(new Emitter<Activity>()).event;
  readonly #queue = new Queue();
  #client: MqboardClient | undefined;

  constructor(
    readonly address: MqboardAddress,
    private readonly broker: MqttBroker,
    private readonly prefix: string,
  ) {}

  async open(signal: AbortSignal): Promise<void> {
    await this.broker.requireAccepted(this.address, this.prefix);
    await this.broker.connect(signal);
    this.#client = this.#lifetime.add(new MqboardClient(this.broker.connection, this.prefix));
    // Such a board does not announce itself: only an answer shows that it is online.
    await this.#client.eval(utf8('print(1)'), signal);
  }

  withSession<T>(work: (session: Session) => Promise<T>, options: SessionOptions = {}): Promise<T> {
    return this.#queue.run(() => work(this.#session()), options.signal);
  }

  terminal(): undefined {
    return undefined;
  }

  interrupt(): Promise<void> {
    return Promise.reject(
      new ProtocolError(l10n.t('Code on a board with the old mqboard cannot be interrupted'), {
        hint: l10n.t('Reset the board, or put the agent on it.'),
      }),
    );
  }

  /** Resets the board by a timer, so that the board can answer first. */
  async reset(mode: 'soft' | 'hard', signal?: AbortSignal): Promise<void> {
    const call = mode === 'soft' ? 'soft_reset' : 'reset';
    const later = `import machine\nmachine.Timer(-1).init(mode=0, period=500, callback=lambda t: machine.${call}())`;
    await this.#require().eval(utf8(later), signal);
  }

  async close(): Promise<void> {
    if (!this.#client) return;
    this.#client = undefined;
    this.#closed.fire(undefined);
    this.#lifetime.dispose();
    await Promise.resolve();
  }

  #session(): Session {
    const client = this.#require();
    return {
      exec: async (code, options = {}) => {
        const bytes = typeof code === 'string' ? utf8(code) : code;
        const out = await client.eval(bytes, options.signal);
        if (out.length > 0) options.onStdout?.(out);
        return out;
      },
      native: filesOf(client),
    };
  }

  #require(): MqboardClient {
    if (this.#client) return this.#client;
    throw new ConnectionLostError(l10n.t('The link to the board was closed'));
  }
}

/**
 * Reads as the board does; writes to a temporary file, which is verified on the board and then
 * renamed.
 */
function filesOf(client: MqboardClient): Partial<BoardFiles> {
  return {
    read: (path: string, { signal }: TransferOptions = {}) => client.get(path, signal),
    write: async (path: string, content: Uint8Array, options: TransferOptions = {}) => {
      const { signal, onProgress } = options;
      const hash = sha256(content);
      // The name becomes part of a topic, in which a file name could have a special meaning.
      const temporary = `/mpf${hash.slice(0, 8)}.tmp`;
      await client.put(temporary, content, {
        signal,
        onSent: (bytes) => onProgress?.(bytes, content.length, path),
      });
      const said = text(await client.eval(utf8(finish(temporary, path, hash)), signal)).trim();
      if (said !== 'ok') {
        throw new ProtocolError(l10n.t('{0} was corrupted in transit', path), {
          hint: l10n.t('Nothing was changed. Try again.'),
        });
      }
    },
  };
}

function finish(temporary: string, path: string, hash: string): string {
  return [
    'import os, hashlib',
    'from binascii import hexlify',
    `t, p = ${pyRepr(temporary)}, ${pyRepr(path)}`,
    'h = hashlib.sha256()',
    'with open(t, "rb") as f:',
    ' while True:',
    '  b = f.read(512)',
    '  if not b: break',
    '  h.update(b)',
    `if hexlify(h.digest()).decode() != ${pyRepr(hash)}:`,
    ' os.remove(t)',
    ' print("bad")',
    'else:',
    ' d = ""',
    ' for n in p.strip("/").split("/")[:-1]:',
    '  d += "/" + n',
    '  try: os.mkdir(d)',
    '  except OSError: pass',
    ' try: os.rename(t, p)',
    ' except OSError:',
    '  os.remove(p)',
    '  os.rename(t, p)',
    ' print("ok")',
  ].join('\n');
}
