import { promisify } from 'node:util';
import { inflate } from 'node:zlib';
import { sha256 } from '../../core/hash';
import { type Answers, Inflow } from './inflow';
import type { HostSession } from './hostSessions';
import { Refusal } from './refusal';

/**
 * Maximum size in bytes of a file, and of a compressed file. Both are held in memory until they are
 * complete.
 */
const MOST_BYTES = 16 * 1024 * 1024;
const inflated = promisify(inflate);

/** Content of PUT. */
export interface PutHead {
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
  /** Bytes of the zlib stream, if it is compressed. */
  readonly packed: number | undefined;
}

/** Validates the head of a PUT request. @throws Refusal */
export function putHead(path: string, { n, h, zn }: Record<string, unknown>): PutHead {
  const isSize = (value: unknown) =>
    typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MOST_BYTES;
  if (typeof n === 'number' && n > MOST_BYTES) {
    throw new Refusal('ETOOBIG', 'files of more than 16 MiB go over the cable only', { p: path });
  }
  if (!isSize(n) || (zn !== undefined && !isSize(zn))) throw new Refusal('EINVAL', 'n or zn');
  if (typeof h !== 'string' || !/^[0-9a-f]{64}$/.test(h)) throw new Refusal('EINVAL', 'h');
  return { path, size: n as number, sha256: h, packed: zn as number | undefined };
}

/**
 * Receives a file from a colleague, verifies it, and writes it like a file from this computer
 * (docs/protocol.md section 7).
 */
export class SharedPut extends Inflow {
  #isEnding = false;

  constructor(
    answers: Answers,
    session: HostSession,
    reqid: number,
    readonly head: PutHead,
    /** Writes the verified content and answers the request. */
    private readonly write: (content: Uint8Array) => void,
  ) {
    super(answers, session, reqid, head.packed ?? head.size);
  }

  /** The content is being written. */
  get isEnding(): boolean {
    return this.#isEnding;
  }

  protected onEnd(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#verified().then(
      (content) => {
        this.drop();
        this.write(content);
      },
      (error: unknown) => {
        this.drop();
        this.answers.fail(this.session, this.reqid, error);
      },
    );
  }

  drop(): void {
    this.answers.close(this);
  }

  /**
   * Returns the content, unpacked and checked.
   * @throws Refusal EVERIFY if the content differs from what was announced
   */
  async #verified(): Promise<Uint8Array> {
    const { size, packed, path } = this.head;
    const wrong = () =>
      new Refusal('EVERIFY', 'this is not the file that was announced', { p: path });
    const content =
      packed === undefined
        ? this.bytes
        : await inflated(this.bytes, { maxOutputLength: Math.max(size, 1) }).catch(() => {
            throw wrong();
          });
    const isWhole = content.length === size && sha256(content) === this.head.sha256;
    if (!isWhole) throw wrong();
    return content;
  }
}
