import * as l10n from '@vscode/l10n';
import { ConnectionLostError } from '../../core/errors';
import { StreamTransport, type StreamTransportOptions } from '../../core/repl';
import type { NetworkStream } from './networkStream';

/** Milliseconds; Wi-Fi power saving delays packets by several hundred in each direction. */
const PROBE_MS = 1_000;
const ANSWER_MS = 10_000;

export type NetworkTransportOptions<S extends NetworkStream> = Omit<
  StreamTransportOptions,
  'open' | 'answerMs' | 'probeMs'
> & { readonly open: (signal: AbortSignal) => Promise<S> };

/** A board whose REPL is reached over a network: WebREPL, telnet. */
export abstract class NetworkTransport<S extends NetworkStream> extends StreamTransport {
  readonly #line: { stream?: S };

  protected constructor(options: NetworkTransportOptions<S>) {
    const line: { stream?: S } = {};
    super({
      ...options,
      answerMs: ANSWER_MS,
      probeMs: PROBE_MS,
      open: async (signal) => {
        line.stream = await options.open(signal);
        return line.stream;
      },
    });
    this.#line = line;
  }

  /** Returns a sentence about what the user may expect after a reset. */
  protected abstract resetHint(): string;

  /** The stream, after it was opened. */
  protected get stream(): S | undefined {
    return this.#line.stream;
  }

  /**
   * Resets the board, which ends its network connections, including this link. A chip in reset does
   * not close it, so it is closed here; after a soft reset, the board closes it.
   */
  override async reset(mode: 'soft' | 'hard', signal?: AbortSignal): Promise<void> {
    try {
      await super.reset(mode, signal);
    } catch (error) {
      if (!(error instanceof ConnectionLostError) || !this.stream?.closed) throw error;
    }
    if (mode === 'hard') {
      const hint = this.resetHint();
      this.stream?.abort(new ConnectionLostError(l10n.t('The board was reset'), { hint }));
    }
  }
}
