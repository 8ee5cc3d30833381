import { Flag, Op, type OpCode } from '../../core/agent/agentProtocol';
import type { AgentClient } from './agentClient';
import { ChunkSender } from './chunkSender';

export interface UploadOptions {
  /** The path that is written: for errors. */
  readonly about?: string;
  readonly signal?: AbortSignal;
  /** Bytes of `body` that the board has. */
  readonly onAcked?: (bytes: number) => void;
}

/**
 * Sends `body` by a request that the board answers with what it has already (PUT, OTA begin): DATA, then END
 * (docs/protocol.md sections 7 and 11). Resolves with the board's final answer.
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
    // Until the board has answered, the request itself is repeated; then the data are.
    onSilence: (exchange) => {
      if (sender.hasBegun) sender.onSilence(exchange);
      else exchange.post(op, { payload, flags: Flag.first });
    },
  });
}
