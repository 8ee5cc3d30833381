import * as l10n from '@vscode/l10n';
import { abortError, Deferred, throwIfAborted, type Clock, awaitedLater } from '../../core/async';
import { ConnectionLostError } from '../../core/errors';
import {
  checkAnswer,
  encodeRequest,
  frames,
  webReplRequest,
} from '../../core/webrepl/webreplProtocol';
import type { WebReplStream } from './webReplStream';

/** Bytes per frame: large frames cost the board less, small ones show progress. */
const FRAME_BYTES = 8192;
/**
 * A put cannot be cancelled. The rest of a cancelled one, up to this many bytes, is filled up;
 * otherwise the link is closed.
 */
const FILL_BYTES = 128 * 1024;
/**
 * Up to this many bytes, the next request is sent immediately after the data. A longer put takes
 * time on the network and must stay cancellable until its end.
 */
const FOLLOWED_BYTES = 256 * 1024;

/**
 * Writes `content` over the file `name` with WebREPL's put, unverified. `follow` is called once
 * everything has been handed to the network: the board processes what it sends only after the file.
 * @param onProgress receives the number of bytes handed to the network
 * @throws ConnectionLostError, ProtocolError, CancelledError
 */
export async function putFile<T>(
  stream: WebReplStream,
  name: string,
  content: Uint8Array,
  clock: Clock,
  options: { signal?: AbortSignal; onProgress?: (bytes: number) => void },
  follow: () => Promise<T>,
): Promise<T> {
  return stream.withBinary(async () => {
    const answers = new Answers(stream);
    try {
      // Two answers arrive: one to the header, one after the last byte. The data need not wait for
      // the first.
      await send(stream, name, content, clock, options);
      if (options.signal?.aborted) {
        await stalling(stream, clock, answers.next());
        await stalling(stream, clock, answers.next());
        throw abortError(options.signal);
      }
      if (content.length > FOLLOWED_BYTES) {
        checkAnswer(await stalling(stream, clock, answers.next()));
        checkAnswer(await stalling(stream, clock, answers.next()));
        throwIfAborted(options.signal);
        return await follow();
      }
      const followed = follow();
      awaitedLater(followed); // the put itself may fail first
      checkAnswer(await stalling(stream, clock, answers.next()));
      checkAnswer(await stalling(stream, clock, answers.next()));
      return await followed;
    } finally {
      answers.dispose();
    }
  });
}

async function send(
  stream: WebReplStream,
  name: string,
  content: Uint8Array,
  clock: Clock,
  { signal, onProgress }: { signal?: AbortSignal; onProgress?: (bytes: number) => void },
): Promise<void> {
  await stream.writeBinary(encodeRequest(webReplRequest.put, name, content.length));
  let sent = 0;
  for (const frame of frames(content, FRAME_BYTES)) {
    const cancelled = signal?.aborted === true;
    if (cancelled && content.length - sent > FILL_BYTES) {
      stream.abort(
        new ConnectionLostError(l10n.t('The connection was closed to cancel an upload')),
      );
      throw abortError(signal);
    }
    const part = cancelled ? new Uint8Array(frame.length) : frame;
    await stalling(stream, clock, stream.writeBinary(part));
    sent += frame.length;
    if (!cancelled) onProgress?.(sent);
  }
}

/** Waits for `step`, but closes the link after `stream.deadMs` milliseconds: the board must be gone then. */
async function stalling<T>(stream: WebReplStream, clock: Clock, step: Promise<T>): Promise<T> {
  const stalled = new Deferred<never>();
  const timer = clock.after(stream.deadMs, () => {
    const error = new ConnectionLostError(
      l10n.t('The board has not accepted data over WebREPL for {0} seconds', stream.deadMs / 1000),
      {
        hint: l10n.t(
          'Check that it has power and is on the network. The file on the board is unchanged.',
        ),
      },
    );
    stalled.reject(error);
    stream.abort(error);
  });
  try {
    return await Promise.race([step, stalled.promise]);
  } finally {
    timer.dispose();
  }
}

/** WebREPL's answers, in order. */
class Answers {
  readonly #heard: Uint8Array[] = [];
  #waiting: Deferred<Uint8Array> | undefined;
  readonly #subscriptions;

  constructor(stream: WebReplStream) {
    this.#subscriptions = [
      stream.onBinary((answer) => {
        const waiting = this.#waiting;
        this.#waiting = undefined;
        if (waiting) waiting.resolve(answer);
        else this.#heard.push(answer);
      }),
      stream.onClose((cause) => {
        this.#waiting?.reject(
          cause ?? new ConnectionLostError(l10n.t('The connection was closed')),
        );
      }),
    ];
  }

  async next(): Promise<Uint8Array> {
    const heard = this.#heard.shift();
    if (heard) return heard;
    this.#waiting = new Deferred();
    return this.#waiting.promise;
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }
}
