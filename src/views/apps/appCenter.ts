import type { AgentControl } from '../../core/agent';
import { AppCommands, deliverWaiting, MessageCollector } from '../../core/apps';
import { Deferred, systemClock } from '../../core/async';
import type { BrokerHub } from '../../core/broker/broker';
import { asError } from '../../core/errors';
import { DisposableStore, Emitter, type Disposable } from '../../core/events';
import type { Log } from '../../core/log';
import type { CommandRow, Store } from '../../core/store';

/**
 * Milliseconds between two questions to the board whether its app has answered, in case the reply
 * itself is lost.
 */
const ASK_MS = 2_000;
/** Interval, in milliseconds, between two searches for messages whose boards did not come in time. */
const EXPIRE_MS = 60_000;

/** The apps of boards behind brokers: stores their messages, and delivers messages to them. */
export class AppCenter implements Disposable {
  readonly messages: MessageCollector;
  readonly #commands: AppCommands;
  #expiring: Disposable | undefined;
  readonly #lifetime = new DisposableStore();
  readonly #changed = this.#lifetime.add(new Emitter<undefined>());
  /** A message to an app was sent, or its state has changed. */
  readonly onDidChangeSent = this.#changed.event;

  constructor(
    hub: Pick<BrokerHub, 'all' | 'onDidChange' | 'agent'>,
    readonly store: Store,
    private readonly log: Log,
  ) {
    this.messages = this.#lifetime.add(new MessageCollector(hub, store, log));
    this.#commands = new AppCommands(store);
    this.#lifetime.add(
      this.messages.onReply((reply) => this.#try(reply.uid, this.#commands.replied(reply))),
    );
    this.#lifetime.add(deliverWaiting(hub, this.#commands, (uid, work) => this.#try(uid, work)));
    this.#lifetime.add({ dispose: () => this.#expiring?.dispose() });
    this.#expireLater();
  }

  /**
   * Sends a message and waits up to `patienceMs` for the app's answer while the board is connected.
   */
  async send(
    uid: string,
    text: string,
    control: AgentControl,
    options: { readonly patienceMs: number; readonly signal?: AbortSignal },
  ): Promise<CommandRow> {
    try {
      return await this.#commands.sendAndWait(uid, text, control, {
        ...options,
        wait: (id) => {
          this.#changed.fire(undefined);
          return this.#answeredOr(id, ASK_MS);
        },
      });
    } finally {
      this.#changed.fire(undefined);
    }
  }

  dispose(): void {
    this.#lifetime.dispose();
  }

  /**
   * Looks for late messages of boards that stay away, which deliver nothing. A store that nothing has needed yet stays closed:
   * messages are sent and shown only through it.
   */
  #expireLater(): void {
    this.#expiring = systemClock.after(EXPIRE_MS, () => {
      this.#expireLater();
      if (!this.store.isOpen) return;
      this.#commands.expire().then(
        (count) => count > 0 && this.#changed.fire(undefined),
        (error: unknown) => this.log.warn(`Expired messages: ${asError(error).message}`),
      );
    });
  }

  async #answeredOr(id: string, ms: number): Promise<void> {
    const done = new Deferred<undefined>();
    const timer = systemClock.after(ms, () => done.resolve(undefined));
    const subscription = this.messages.onReply(({ record }) => {
      if (record.to === id) done.resolve(undefined);
    });
    await done.promise;
    subscription.dispose();
    timer.dispose();
  }

  #try(uid: string, work: Promise<unknown>): void {
    work.then(
      () => this.#changed.fire(undefined),
      (error: unknown) => this.log.warn(`${uid}: ${asError(error).message}`),
    );
  }
}
