import { Flag, Op, type OpCode } from '../../core/agent';
import type { AgentClient } from './agentClient';
import { ChunkSender } from './chunkSender';

/** Cancellation and progress of an upload. */
export interface UploadOptions {
  /** The path being written, for errors. */
  readonly about?: string;
  readonly signal?: AbortSignal;
  /** Called with the number of bytes of `body` that the board has received. */
  readonly onAcked?: (bytes: number) => void;
}

/**
 * Sends `body` with a request that the board answers with what it already has (PUT, OTA begin):
 * DATA, then END (docs/protocol.md sections 7 and 11). Resolves with the board's final answer.
 */
export async function upload(
  client: AgentClient,
  op: OpCode,
  head: object,
  body: Uint8Array,
  options: UploadOptions = {},
) {
  await client.open(options.signal);
  const sender = new ChunkSender(body, 0, client.mtu, {
    onProgress: options.onAcked,
    onEnd: (exchange) => exchange.post(Op.end, { offset: body.length }),
  });
  const payload = Buffer.from(JSON.stringify(head));
  return client.request(op, payload, {
    about: options.about,
    signal: options.signal,
    onFrame: (frame, exchange) => sender.onFrame(frame, exchange),
    // Until the board has answered, repeat the request; afterwards, the data.
    onSilence: (exchange) => {
      if (sender.hasBegun) sender.onSilence(exchange);
      else exchange.post(op, { payload, flags: Flag.first });
    },
  });
}
