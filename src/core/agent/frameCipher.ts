/** Encryption of frames where TLS cannot be had (docs/protocol.md section 4). */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { HEADER_BYTES } from './agentProtocol';
import { hmac } from './agentMacs';

const BLOCK = 16;
const KEY_BYTES = 16;
const NO_VECTOR = Buffer.alloc(0);

/** Whose frames a cipher encrypts: the host's, the board's, or those of a group. */
type Sender = 'h' | 'b' | 'g';

/**
 * AES-128 in CBC mode for the frames of one sender. The first vector is the frame's header, encrypted
 * with a key of its own; its counter makes it unique. The end of a payload that fills no block is
 * masked with the encrypted block before it, so that a payload keeps its length.
 */
export class FrameCipher {
  readonly #payloadKey: Buffer;
  readonly #vectorKey: Buffer;

  /** @param key the session's key, or the group's */
  constructor(key: Uint8Array, sender: Sender) {
    const both = hmac(key, `enc ${sender}`);
    this.#payloadKey = both.subarray(0, KEY_BYTES);
    this.#vectorKey = both.subarray(KEY_BYTES);
  }

  /** Encrypts the payload of an encoded frame without its tag. The header stays readable. */
  encrypt(frame: Uint8Array): Buffer {
    const { head, vector, whole, rest } = this.#parts(frame);
    const cipher = createCipheriv('aes-128-cbc', this.#payloadKey, vector).setAutoPadding(false);
    const blocks = cipher.update(whole);
    return Buffer.concat([head, blocks, this.#masked(rest, blocks, vector)]);
  }

  /** Decrypts the payload of a frame whose tag was verified. Returns the payload alone. */
  decrypt(frame: Uint8Array): Buffer {
    const { vector, whole, rest } = this.#parts(frame);
    const cipher = createDecipheriv('aes-128-cbc', this.#payloadKey, vector).setAutoPadding(false);
    return Buffer.concat([cipher.update(whole), this.#masked(rest, whole, vector)]);
  }

  #parts(frame: Uint8Array) {
    const bytes = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength);
    const head = bytes.subarray(0, HEADER_BYTES);
    const end = bytes.length - ((bytes.length - HEADER_BYTES) % BLOCK);
    return {
      head,
      vector: oneBlock(this.#vectorKey, head),
      whole: bytes.subarray(HEADER_BYTES, end),
      rest: bytes.subarray(end),
    };
  }

  /**
   * Encrypts or decrypts the rest after the last whole block.
   * @param blocks the encrypted blocks before the end
   */
  #masked(rest: Uint8Array, blocks: Buffer, vector: Buffer): Buffer {
    const before = blocks.length > 0 ? blocks.subarray(-BLOCK) : vector;
    const mask = oneBlock(this.#payloadKey, before);
    return Buffer.from(rest.map((byte, i) => byte ^ (mask[i] ?? 0)));
  }
}

function oneBlock(key: Buffer, block: Buffer): Buffer {
  return createCipheriv('aes-128-ecb', key, NO_VECTOR).setAutoPadding(false).update(block);
}
