import { watch, type FSWatcher } from 'node:fs';
import { asError } from '../../core/errors';
import type { BoardSource, Found } from '../../core/board/discovery';
import { Emitter } from '../../core/events';
import type { Log } from '../../core/log';
import { listPorts } from './ports';

/** Every port is found within a second of being plugged in, and missed within a second. */
const POLL_MS = 700;
/** udev makes a port's node first and its links and rights a moment later. */
const SETTLE_MS = 60;

export interface PortWatcherOptions {
  readonly log: Log;
  /** Paths that the user has added; read anew at every look. */
  readonly added?: () => readonly string[];
  /** Lists the ports; only tests give another one than the system's. */
  readonly list?: (added: readonly string[]) => Promise<Found[]>;
}

/** The serial ports of this machine, as they come and go. */
export class PortWatcher implements BoardSource {
  readonly #changed = new Emitter<void>();
  readonly onDidChange = this.#changed.event;
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

  /** Looks now: the user has added a path, say. */
  refresh(): void {
    if (this.#running) this.#look();
  }

  dispose(): void {
    this.#running = false;
    clearTimeout(this.#timer);
    this.#watcher?.close();
    this.#changed.dispose();
  }

  /** Linux tells when something appears in /dev, before the next look would. */
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
      // The look every so often is enough where the system has no watches left.
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

  /** Once for each different trouble, not every 700 ms. */
  #report(error: Error): void {
    if (error.message === this.#lastError) return;
    this.#lastError = error.message;
    this.options.log.warn(`Serial ports cannot be listed: ${error.message}`);
  }
}
