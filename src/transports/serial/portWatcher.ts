import { watch, type FSWatcher } from 'node:fs';
import { asError } from '../../core/errors';
import type { BoardSource, Found } from '../../core/board';
import { Emitter } from '../../core/events';
import type { Log } from '../../core/log';
import { listPorts } from './ports';

/** Interval of scans in milliseconds. A plugged or unplugged port is noticed within a second. */
const POLL_MS = 700;
/** udev creates a port's node first, and its links and permissions a moment later. Milliseconds. */
const SETTLE_MS = 60;

/** How ports are found. */
export interface PortWatcherOptions {
  readonly log: Log;
  /** Paths that the user has added; called at every scan. */
  readonly added?: () => readonly string[];
  /** Lists the ports. Only tests replace the system's list. */
  readonly list?: (added: readonly string[]) => Promise<Found[]>;
}

/** Follows the serial ports of this machine. */
export class PortWatcher implements BoardSource {
  readonly #changed = new Emitter<void>();
  readonly onDidChange = this.#changed.event;
  readonly #looked = new Emitter<void>();
  /** Fires once, after the first scan, even if it found nothing. */
  readonly onDidLook = this.#looked.event;
  #hasLooked = false;
  #found: readonly Found[] = [];
  #timer: NodeJS.Timeout | undefined;
  #watcher: FSWatcher | undefined;
  #looking = false;
  #again = false;
  #running = false;
  #lastError = '';

  constructor(private readonly options: PortWatcherOptions) {}

  get found(): readonly Found[] {
    return this.#found;
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#watchDev();
    this.#look();
  }

  /** Scans now, for example after the user has added a path. */
  refresh(): void {
    if (this.#running) this.#look();
  }

  dispose(): void {
    this.#running = false;
    clearTimeout(this.#timer);
    this.#watcher?.close();
    this.#changed.dispose();
    this.#looked.dispose();
  }

  /** Watches /dev on Linux, which reports new entries before the next scan. */
  #watchDev(): void {
    if (process.platform !== 'linux') return;
    try {
      this.#watcher = watch('/dev', { persistent: false }, (_event, name) => {
        if (name === null || /^(tty(ACM|USB|AMA|S)|rfcomm)/.test(name)) this.#schedule(SETTLE_MS);
      });
      this.#watcher.on('error', (error) =>
        this.options.log.debug(`Watching /dev: ${error.message}`),
      );
    } catch (error) {
      // If the system has no watches left, the regular scan is enough.
      this.options.log.debug(`Watching /dev: ${asError(error).message}`);
    }
  }

  #schedule(ms: number): void {
    clearTimeout(this.#timer);
    if (this.#running) this.#timer = setTimeout(() => this.#look(), ms).unref();
  }

  #look(): void {
    if (this.#looking) {
      this.#again = true;
      return;
    }
    this.#looking = true;
    this.#again = false;
    this.#update()
      .catch((error: unknown) => this.#report(asError(error)))
      .finally(() => {
        this.#looking = false;
        if (!this.#hasLooked) this.#looked.fire();
        this.#hasLooked = true;
        this.#schedule(this.#again ? 0 : POLL_MS);
      });
  }

  async #update(): Promise<void> {
    const found = await (this.options.list ?? listPorts)(this.options.added?.() ?? []);
    this.#lastError = '';
    if (!this.#running || JSON.stringify(found) === JSON.stringify(this.#found)) return;
    this.#found = found;
    this.#changed.fire();
  }

  /** Reports each different error once, not every 700 ms. */
  #report(error: Error): void {
    if (error.message === this.#lastError) return;
    this.#lastError = error.message;
    this.options.log.warn(`Serial ports cannot be listed: ${error.message}`);
  }
}
