import * as l10n from '@vscode/l10n';
import { setMaxListeners } from 'node:events';
import { Op } from '../../core/agent';
import type { MqttAddress } from '../../core/address';
import { abortable, delay, Queue, systemClock } from '../../core/async';
import {
  AsleepError,
  ConnectError,
  ConnectionLostError,
  ProgramRunningError,
} from '../../core/errors';
import { DisposableStore, Emitter } from '../../core/events';
import type {
  Activity,
  ExecOptions,
  Session,
  SessionOptions,
  TerminalStream,
  Transport,
} from '../../core/transport';
import type { BrokerState } from '../../core/broker/broker';
import { nextPresence } from '../../core/broker/announced';
import { utf8 } from '../../core/bytes';
import { agentExec } from './agentExec';
import { restartAgent } from './agentControl';
import { AgentFiles } from './agentFiles';
import { AgentTerminal } from './agentTerminal';
import type { MqttBroker } from './mqttBroker';
import { RESTART_LIMIT_MS } from './nextBirth';
import { stopApp } from './stopApp';

/**
 * Milliseconds for which the link of an absent board counts as open: boards that lose their network
 * mostly return sooner.
 */
const AWAY_GRACE_MS = 20_000;

/** Milliseconds after which a broker that has not announced a board does not know it. */
const PRESENCE_MS = 3_000;
/** Milliseconds that work waits for a program that may be about to end. */
const SHORT_PROGRAM_MS = 300;
/** A board behind a broker, reached through the agent that runs alongside its program. */
export class MqttTransport implements Transport {
  readonly kind = 'mqtt';
  readonly #lifetime = new DisposableStore();
  readonly #closed = this.#lifetime.add(new Emitter<Error | undefined>());
  readonly #activityChanged = this.#lifetime.add(new Emitter<Activity>());
  readonly onClose = this.#closed.event;
  readonly onActivity = this.#activityChanged.event;
  readonly #queue = new Queue();
  readonly #files: AgentFiles;
  readonly #terminal: AgentTerminal;
  /** Aborts current work when the link closes. */
  readonly #closing = new AbortController();
  #isOpen = false;
  #away: { dispose(): void } | undefined;
  /** The program has been stopped from here; the board reports it a moment later. */
  #programEnded = false;

  constructor(
    readonly address: MqttAddress,
    private readonly broker: MqttBroker,
    private readonly uid: string,
  ) {
    // Every waiting operation listens to this signal.
    setMaxListeners(0, this.#closing.signal);
    this.#files = new AgentFiles(this.#client);
    this.#terminal = this.#lifetime.add(
      new AgentTerminal(this.#client, this.#queue, () =>
        this.activity === 'running' ? this.#stopProgram() : undefined,
      ),
    );
  }

  get can(): Transport['can'] {
    const caps = this.#client.facts?.caps ?? this.#client.birth?.caps;
    return {
      terminal: true,
      interrupt: caps?.has('intr') ?? false,
      hardReset: !this.#isShared,
      stdin: caps?.has('stdin') ?? false,
      besideProgram: !this.#isShared,
    };
  }

  get activity(): Activity {
    const state = this.#client.birth?.state;
    if (state === undefined) return 'unknown';
    return state === 'app' && !this.#programEnded ? 'running' : 'idle';
  }

  /**
   * A colleague's computer is the agent of this board on its cable, so work does not run alongside
   * the board's program.
   */
  get #isShared(): boolean {
    return (this.#client.facts ?? this.#client.birth)?.caps.has('cable') ?? false;
  }

  get #client() {
    return this.broker.client(this.uid);
  }

  async open(signal: AbortSignal): Promise<void> {
    await this.broker.connect(signal);
    await this.#presence(signal);
    try {
      await this.#client.open(signal);
    } catch (error) {
      if (!(error instanceof ConnectionLostError)) throw error;
      throw new ConnectError(this.address, 'noAnswer', error.message, {
        cause: error,
        ...(error.hint ? { hint: error.hint } : {}),
      });
    }
    this.#isOpen = true;
    this.#terminal.followProgram();
    this.#lifetime.add(
      this.broker.onPresence((p) => {
        if (p.uid !== this.uid || (!p.state.on && !this.#client.trusts(p.raw))) return;
        const hasReason = !p.state.on && this.#client.isOfSession(p.state);
        this.#onPresence(p.state.on, hasReason ? p.state.why : '');
      }),
    );
    this.#lifetime.add(this.broker.onDidChangeState((state) => this.#onBroker(state.tag)));
    // Output of main.py arrives with the log, unless a request caused it.
    this.#lifetime.add(
      this.broker.onLog(({ uid, batch }) => {
        if (uid === this.uid) this.#terminal.showLog(batch);
      }),
    );
  }

  async withSession<T>(
    work: (session: Session) => Promise<T>,
    options: SessionOptions = {},
  ): Promise<T> {
    if (!this.#isOpen) throw linkClosed();
    const signal = options.signal
      ? AbortSignal.any([options.signal, this.#closing.signal])
      : this.#closing.signal;
    return abortable(
      this.#queue.run(async () => {
        if (options.mayInterrupt && this.#isShared && this.activity === 'running') {
          await this.#stopProgram(signal);
        }
        return work({
          exec: (code, execOptions) => this.#exec(code, execOptions, options),
          native: this.#files,
        });
      }, signal),
      this.#closing.signal,
    );
  }

  terminal(): TerminalStream {
    return this.#terminal;
  }

  async interrupt(): Promise<void> {
    if (this.activity === 'running') await this.#stopProgram();
    else await this.#client.request(Op.intr, new Uint8Array());
  }

  async reset(mode: 'soft' | 'hard', signal?: AbortSignal): Promise<void> {
    await restartAgent(this.broker, this.uid, { m: mode }, signal);
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#stay();
    this.#closing.abort(linkClosed());
    this.#closed.fire(undefined);
    this.#lifetime.dispose();
    await Promise.resolve();
  }

  /** Stops the foreground app only if that is allowed. */
  async #exec(
    code: string | Uint8Array,
    options: ExecOptions | undefined,
    session: SessionOptions,
  ): Promise<Uint8Array> {
    const bytes = typeof code === 'string' ? utf8(code) : code;
    let ended = false;
    const leave = this.#terminal.whileBusy(() =>
      this.interrupt().catch((error: unknown) => {
        if (!ended) throw error; // otherwise, the code to interrupt has already ended
      }),
    );
    try {
      return await agentExec(this.#client, bytes, options);
    } catch (error) {
      if (!(error instanceof ProgramRunningError)) throw error;
      // Do not ask about a program that is just ending.
      if (session.mayInterrupt) await this.#stopProgram(session.signal);
      else await delay(systemClock, SHORT_PROGRAM_MS, session.signal);
      return await agentExec(this.#client, bytes, options);
    } finally {
      ended = true;
      leave();
    }
  }

  /** Waits for the board's birth: a broker reports its boards a moment after the connection. */
  async #presence(signal: AbortSignal): Promise<void> {
    if (this.broker.presences.has(this.uid)) return;
    await nextPresence(this.broker, this.uid, () => true, { ms: PRESENCE_MS, signal });
  }

  /**
   * Stops the board's own program and waits for its end.
   * @throws TimeoutError when it cannot be stopped
   */
  async #stopProgram(signal?: AbortSignal): Promise<void> {
    await stopApp(this.broker, this.uid, signal);
    this.#programEnded = true;
    this.#terminal.programStopped();
    this.#activityChanged.fire(this.activity);
  }

  #onPresence(on: boolean, why: string): void {
    this.#stay();
    if (on) {
      this.#programEnded = false;
      this.#terminal.followProgram();
      this.#activityChanged.fire(this.activity);
      return;
    }
    const restarts = why === 'reset';
    if (why === 'sleep') {
      this.#lose(new AsleepError(l10n.t('The board sleeps'), { hint: backHint() }));
      return;
    }
    if (why !== '' && !restarts) {
      this.#loseFor(
        why === 'unplugged'
          ? l10n.t('The board was unplugged from the computer that shares it')
          : l10n.t('The agent on the board was {0}', why),
      );
      return;
    }
    if (restarts) {
      this.#loseAfter(
        RESTART_LIMIT_MS,
        l10n.t('The board has not reconnected to the broker after its reset'),
      );
    } else
      this.#loseAfter(AWAY_GRACE_MS, l10n.t('The board has lost its connection to the broker'));
  }

  /**
   * Handles a change of the broker's state. Without the broker, nothing is known about the board.
   * Retries for a while, unless the user has disconnected.
   */
  #onBroker(tag: BrokerState['tag']): void {
    const { name } = this.broker.profile;
    if (tag === 'off') this.#loseFor(l10n.t('The broker {0} is no longer connected', name));
    else if (tag === 'offline')
      this.#loseAfter(AWAY_GRACE_MS, l10n.t('The broker {0} is away', name));
    else if (tag === 'online') this.#stay();
  }

  #loseAfter(ms: number, message: string): void {
    this.#stay();
    this.#away = systemClock.after(ms, () => this.#loseFor(message));
  }

  #stay(): void {
    this.#away?.dispose();
    this.#away = undefined;
  }

  #loseFor(message: string): void {
    this.#lose(new ConnectionLostError(message, { hint: backHint() }));
  }

  #lose(cause: ConnectionLostError): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#stay();
    this.#closing.abort(cause);
    this.#closed.fire(cause);
    this.#lifetime.dispose();
  }
}

function backHint(): string {
  return l10n.t('It reconnects automatically as soon as the board is back.');
}

function linkClosed(): ConnectionLostError {
  return new ConnectionLostError(l10n.t('The link to the board was closed'));
}
