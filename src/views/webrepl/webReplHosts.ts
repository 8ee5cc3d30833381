import type { TelnetAddress, WebReplAddress } from '../../core/address';
import { networkAddress } from '../../core/parseAddress';
import type { BoardSource, Found } from '../../core/board';
import { UsageError } from '../../core/errors';
import { Emitter, type Disposable } from '../../core/events';
import type { Log } from '../../core/log';
import type { Settings } from '../settings';

/** The WebREPL and telnet boards that the user added by address. */
export class WebReplHosts implements BoardSource {
  readonly #changed = new Emitter<void>();
  readonly onDidChange = this.#changed.event;
  #found: readonly (Found & { readonly address: WebReplAddress | TelnetAddress })[] = [];
  #subscription: Disposable | undefined;

  constructor(
    private readonly settings: Settings,
    private readonly log: Log,
  ) {}

  get found(): readonly Found[] {
    return this.#found;
  }

  get addresses(): readonly WebReplAddress[] {
    return this.#found.map((f) => f.address).filter((address) => address.kind === 'webrepl');
  }

  start(): void {
    this.#subscription = this.settings.onDidChange((names) => {
      if (names.includes('webrepl.addresses')) this.#read();
    });
    this.#read();
  }

  #read(): void {
    this.#found = this.settings.get('webrepl.addresses').flatMap((text) => {
      try {
        return [{ address: networkAddress(text), likely: true }];
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
        this.log.warn(`Setting mpyFleet.webrepl.addresses: ${error.message}`);
        return [];
      }
    });
    this.#changed.fire();
  }

  dispose(): void {
    this.#subscription?.dispose();
    this.#changed.dispose();
  }
}
