import * as l10n from '@vscode/l10n';
import { ProtocolError } from '../../core/errors';

/**
 * A frame's header has two bytes: a bit for the last frame, and an incrementing number (mqboard's
 * wire format).
 */
const LAST = 0x8000;
/** The number of a single-frame reply, which is not checked. */
const ANY = 0x7fff;

/** One part of a reply. `seq` counts from 0; in a reply of one frame it is not checked. */
export interface MqboardFrame {
  readonly last: boolean;
  readonly seq: number;
  readonly data: Uint8Array;
}

/** Encodes `data` as frame number `seq`. */
export function encodeMqboard(seq: number, last: boolean, data: Uint8Array): Buffer {
  const out = Buffer.alloc(2 + data.length);
  out.writeUInt16BE((last ? LAST : 0) | seq);
  out.set(data, 2);
  return out;
}

/** Decodes a frame. @throws ProtocolError when it is too short to be a frame */
export function decodeMqboard(message: Uint8Array): MqboardFrame {
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
  if (bytes.length < 2) throw new ProtocolError(l10n.t('the board sent an incomplete frame'));
  const head = bytes.readUInt16BE(0);
  return { last: (head & LAST) !== 0, seq: head & ANY, data: bytes.subarray(2) };
}

/** Reassembles the frames of one reply: each once, with none missing. */
export class MqboardReply {
  readonly parts: Uint8Array[] = [];
  #next = 0;

  /** Returns true when the reply is complete. @throws ProtocolError when a frame is missing */
  take(frame: MqboardFrame): boolean {
    if (frame.seq !== ANY) {
      if (frame.seq < this.#next) return false; // a copy: the broker may deliver twice
      if (frame.seq > this.#next) {
        throw new ProtocolError(l10n.t('some of the data that the board sent was lost'), {
          hint: l10n.t('Try again.'),
        });
      }
      this.#next++;
    }
    this.parts.push(frame.data);
    return frame.last;
  }
}
