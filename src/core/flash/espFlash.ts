import * as l10n from '@vscode/l10n';
import { throwIfAborted } from '../async';
import { asError, CancelledError, ConnectError } from '../errors';
import type { Log } from '../log';
import { FlashError, type FlashState } from './errors';
import { whyItFell } from './espErrors';
import type { EspFirmware } from './espImage';
import { EspSession, type EspIdentity } from './espLoader';
import { refuseWrong } from './espFit';
import { eraseChip, eraseSector, isInFlash, SECTOR, writeSegment, type Segment } from './espWrite';
import type { FlashPort } from './port';

/** The current step of flashing, for a progress bar. */
export interface FlashProgress {
  readonly step: 'connect' | 'erase' | 'write' | 'verify' | 'restart';
  /** Number of processed bytes of the firmware, whose size is `total`. */
  readonly done: number;
  readonly total: number;
  /** Speed of the line in baud; undefined for native USB, where it has no effect. */
  readonly baud?: number;
}

/** How an ESP chip is flashed. */
export interface EspFlashOptions {
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Erase the whole chip first, including files and settings. */
  readonly erase?: boolean;
  /** The highest speed to try, in baud. */
  readonly mostBaud?: number;
  readonly onProgress?: (progress: FlashProgress) => void;
  /** Called with the chip's identity before anything is changed. Throwing leaves the chip untouched. */
  readonly onIdentity?: (identity: EspIdentity) => void | Promise<void>;
}

/** Result of flashing. */
export interface EspFlashResult {
  readonly identity: EspIdentity;
  /** Bytes written; 0 if the chip already had this firmware. */
  readonly written: number;
  /** Speed, in baud, at which most of the firmware was written; undefined for native USB. */
  readonly baud: number | undefined;
  /** False: the user must press RESET. */
  readonly restarted: boolean;
}

/** From fast to reliable. USB bridges support different speeds; the chips support all of them. */
const SPEEDS = [921_600, 460_800, 230_400, 115_200];
/** Bytes of a piece. Each piece is verified, so that a fault costs only one. */
const SEGMENT_BYTES = 512 * 1024;
/** Number of faults in one piece before giving up. Each one slows the line down. */
const ATTEMPTS = 4;

/** Identifies the chip at `port`, then restarts its program. */
export async function identifyEsp(
  port: FlashPort,
  options: Pick<EspFlashOptions, 'log' | 'signal'>,
): Promise<EspIdentity> {
  const session = new EspSession(port, options.log, options.signal);
  try {
    await session.connect();
    const identity = await session.identify();
    await session.restart();
    return identity;
  } catch (error) {
    await session.leave();
    throw error;
  } finally {
    await session.close();
  }
}

/**
 * Writes firmware to the chip at `port`. Chip, size and silicon are checked before anything is erased. The first sector, without
 * which no ESP chip starts, is erased first and written last: a chip whose flashing was interrupted says so at its start
 * ("invalid header") instead of running half a firmware.
 * @throws FlashError with the state of the chip, ConnectError, CancelledError
 */
export async function flashEsp(
  port: FlashPort,
  firmware: EspFirmware,
  options: EspFlashOptions,
): Promise<EspFlashResult> {
  const session = new EspSession(port, options.log, options.signal);
  const work = new EspWork(session, firmware, options);
  try {
    return await work.run();
  } catch (error) {
    const explained = work.explained(asError(error));
    if (work.isUntouched) await session.leave();
    throw explained;
  } finally {
    await session.close();
  }
}

/** Offsets in whole sectors: the first sector alone, then pieces. */
export function segmentsOf({ offset, data }: Segment): { head: Segment; rest: Segment[] } {
  const padded = new Uint8Array(Math.ceil(data.length / 4) * 4).fill(0xff);
  padded.set(data);
  const head = { offset, data: padded.subarray(0, SECTOR) };
  const rest: Segment[] = [];
  for (let at = SECTOR; at < padded.length; at += SEGMENT_BYTES) {
    rest.push({ offset: offset + at, data: padded.subarray(at, at + SEGMENT_BYTES) });
  }
  return { head, rest };
}

class EspWork {
  #state: FlashState = 'untouched';
  #step: FlashProgress['step'] = 'connect';
  #done = 0;
  #written = 0;
  #speeds: number[];

  constructor(
    private readonly session: EspSession,
    private readonly firmware: EspFirmware,
    private readonly options: EspFlashOptions,
  ) {
    this.#speeds = SPEEDS.filter((baud) => baud <= (options.mostBaud ?? Infinity));
    if (this.#speeds.length === 0) this.#speeds = [options.mostBaud ?? 115_200];
  }

  /** Whether the chip has what it had before, so that its program can run. */
  get isUntouched(): boolean {
    return this.#state === 'untouched';
  }

  async run(): Promise<EspFlashResult> {
    const { session, firmware } = this;
    this.#report('connect');
    await session.connect();
    const identity = await session.identify();
    await this.options.onIdentity?.(identity);
    refuseWrong(firmware, identity);
    throwIfAborted(this.options.signal);
    await this.#speedUp();
    const { head, rest } = segmentsOf(firmware);
    if (this.options.erase) await this.#eraseAll();
    const there = this.options.erase ? 0 : await this.#retried(() => this.#thereAlready(rest));
    const isThere =
      !this.options.erase &&
      there === rest.length &&
      (await this.#retried(() => isInFlash(session, head)));
    if (!isThere) {
      if (!this.options.erase) {
        this.#state = 'unbootable';
        await this.#retried(() => eraseSector(session, head.offset));
      }
      for (const { data } of rest.slice(0, there)) this.#done += data.length;
      for (const segment of rest.slice(there)) await this.#retried(() => this.#put(segment));
      await this.#retried(() => this.#put(head));
      this.#state = 'untouched';
    }
    this.#report('restart');
    const baud = session.hasBaud ? session.baud : undefined;
    const restarted = await session.restart();
    return { identity, written: this.#written, baud, restarted };
  }

  /** Adds the state of the chip to an error. */
  explained(error: Error): Error {
    if (error instanceof CancelledError && this.#state === 'untouched') return error;
    const again =
      this.#state === 'unbootable'
        ? l10n.t('The chip does not start until firmware has been written. Flash it again.')
        : l10n.t('Nothing on the chip was changed.');
    if (error instanceof FlashError) {
      const state =
        error.reason === 'lost' || error.state === 'untouched' ? this.#state : error.state;
      const hint = [error.hint, state === 'unbootable' ? again : ''].filter(Boolean).join(' ');
      return new FlashError(error.reason, error.message, { hint, cause: error, state });
    }
    if (error instanceof CancelledError) {
      return new FlashError('other', l10n.t('Flashing was cancelled'), {
        hint: again,
        cause: error,
        state: this.#state,
      });
    }
    const fell = whyItFell(this.session.heard, this.#state, error);
    if (fell) return fell;
    if (error instanceof ConnectError) return error;
    return new FlashError(
      'damaged',
      l10n.t('The chip stopped answering, or data arrived damaged, at every speed'),
      {
        hint: l10n.t('Try another cable, without a hub or an extension. {0}', again),
        cause: error,
        state: this.#state,
      },
    );
  }

  async #eraseAll(): Promise<void> {
    const { session } = this;
    if (!session.isStub) {
      throw new FlashError(
        'other',
        l10n.t('This chip cannot be erased as a whole: its flashing program did not start'),
        {
          hint: l10n.t('Flash without erasing.'),
        },
      );
    }
    this.#report('erase');
    this.#state = 'unbootable';
    await this.#retried(() => eraseChip(session));
  }

  /**
   * Counts the pieces, from the first on, that an earlier or interrupted flashing left intact on
   * the chip.
   */
  async #thereAlready(segments: readonly Segment[]): Promise<number> {
    let count = 0;
    for (const segment of segments) {
      if (!(await isInFlash(this.session, segment))) break;
      count++;
    }
    return count;
  }

  /** Writes and verifies one piece. */
  async #put(segment: Segment): Promise<void> {
    const before = this.#done;
    try {
      await writeSegment(this.session, segment, (bytes) => {
        throwIfAborted(this.options.signal);
        this.#done = before + bytes;
        this.#report('write');
      });
      this.#report('verify');
      if (!(await isInFlash(this.session, segment))) throw new Error('The MD5 differs');
    } catch (error) {
      this.#done = before;
      throw error;
    }
    this.#done = before + segment.data.length;
    this.#written += segment.data.length;
  }

  /** Repeats `step` after transmission errors, at a lower speed with each new connection. */
  async #retried<T>(step: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await step();
      } catch (error) {
        const { log, signal } = this.options;
        throwIfAborted(signal);
        if (error instanceof FlashError || attempt === ATTEMPTS) throw error;
        const fell = whyItFell(this.session.heard, this.#state, asError(error));
        if (fell) throw fell;
        log.info(`Flashing, attempt ${attempt}: ${asError(error).message}`);
        await this.#recover(attempt);
      }
    }
  }

  /**
   * Continues on the same line if the chip answers. Otherwise, or at the second fault, reconnects
   * at a lower speed.
   */
  async #recover(attempt: number): Promise<void> {
    if (attempt === 1 && (await this.session.answers())) return;
    if (this.#speeds.length > 1) this.#speeds.shift();
    await this.session.connect();
    await this.#speedUp();
  }

  /** Switches to the fastest speed at which the chip answers. */
  async #speedUp(): Promise<void> {
    const { session } = this;
    if (!session.hasBaud) return;
    for (;;) {
      const [baud = session.baud] = this.#speeds;
      if (baud <= session.baud || (await session.changeSpeed(baud))) return;
      this.options.log.info(`The board does not answer at ${baud} baud.`);
      this.#speeds.shift();
      await session.connect();
    }
  }

  #report(step: FlashProgress['step']): void {
    this.#step = step;
    const { data } = this.firmware;
    const baud = this.session.hasBaud ? { baud: this.session.baud } : {};
    this.options.onProgress?.({ step: this.#step, done: this.#done, total: data.length, ...baud });
  }
}
