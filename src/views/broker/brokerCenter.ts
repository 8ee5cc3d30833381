import * as vscode from 'vscode';
import { readProfiles } from '../../core/broker/brokerProfiles';
import type { Broker, BrokerHub, BrokerProfile } from '../../core/broker/brokers';
import { systemClock } from '../../core/async';
import { text } from '../../core/bytes';
import { asError, ConnectError, UsageError } from '../../core/errors';
import { DisposableStore, Emitter, type Disposable } from '../../core/events';
import type { Fleet } from '../../core/board/fleet';
import {
  LOCAL_BROKER_ID,
  type LocalBrokerControl,
  type LocalBrokerOptions,
  type LocalBrokerStatus,
} from '../../core/broker/localBroker';
import type { Log } from '../../core/log';
import type { Settings } from '../settings';
import type { BrokerSecretStore } from './brokerSecrets';

/** User name at the embedded broker, for this computer and its boards alike. */
const LOCAL_USER = 'fleet';
/** Whether the embedded broker ran when the window was closed, and for whom: it is started again then. */
const LAST_KEY = 'mpyFleet.localBroker.last';
/** A broker that could not be reached is tried again after the first, then after twice the time, up to the last. */
const FIRST_RETRY_MS = 5_000;
const LAST_RETRY_MS = 60_000;
/** The port that boards have been told. */
const PORT_KEY = 'mpyFleet.localBroker.port';

interface Last {
  readonly lan: boolean;
}

export interface BrokerCenterServices {
  readonly state: vscode.Memento;
  readonly settings: Settings;
  readonly log: Log;
  readonly hub: BrokerHub;
  readonly local: LocalBrokerControl;
  readonly secrets: BrokerSecretStore;
}

/** The brokers of the settings and the embedded one: keeps them in line with the settings, and their boards in the fleet. */
export class BrokerCenter implements Disposable {
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new Emitter<undefined>());
  /** A broker came, went or changed its state. */
  readonly onDidChange = this.#changed.event;
  readonly #inFleet = new Map<Broker, Disposable>();
  readonly #retries = new Set<Disposable>();
  #fleet: Fleet | undefined;

  constructor(private readonly services: BrokerCenterServices) {
    const { hub, local, settings } = services;
    this.#store.add(hub.onDidChange(() => this.#follow()));
    this.#store.add(local.onDidChange(() => this.#changed.fire(undefined)));
    this.#store.add(
      settings.onDidChange((names) => {
        if (names.includes('brokers')) this.#readSettings();
      }),
    );
  }

  get hub(): BrokerHub {
    return this.services.hub;
  }

  get secrets(): BrokerSecretStore {
    return this.services.secrets;
  }

  get local(): LocalBrokerStatus {
    return this.services.local.status;
  }

  /** Begins: reads the settings, connects where that needs no question, starts the embedded broker if it ran before. */
  start(fleet: Fleet): void {
    this.#fleet = fleet;
    this.#readSettings();
    const last = this.services.state.get<Last>(LAST_KEY);
    if (last) this.#quietly(this.startLocal(last.lan));
  }

  /** Connects, asking for what is missing. @throws ConnectError */
  async connect(id: string, signal?: AbortSignal): Promise<void> {
    await this.secrets.asking(id, async () => this.hub.get(id)?.connect(signal));
  }

  /**
   * Starts the embedded broker and connects to it. With `lan`, boards in the network may connect as well. Where another
   * window runs it already, that one is used.
   * @throws ConnectError when the port is taken by something else
   */
  async startLocal(lan: boolean): Promise<LocalBrokerStatus> {
    const { local, secrets, settings, state } = this.services;
    const known = await secrets.storedPassword(LOCAL_BROKER_ID);
    const password = known ?? secrets.newPassword();
    await secrets.setPassword(LOCAL_BROKER_ID, password);
    const port = state.get<number>(PORT_KEY) ?? settings.get('localBroker.port');
    const tls = await this.#localTls();
    let status: LocalBrokerStatus = { running: false };
    let url = `${tls ? 'mqtts' : 'mqtt'}://127.0.0.1:${port}`;
    try {
      const options = { port, username: LOCAL_USER, password, lan };
      status = await local.start(tls ? { ...options, tls } : options);
      if (status.running) url = status.url;
    } catch (error) {
      if (!(error instanceof ConnectError) || error.reason !== 'busy') throw error;
      await this.#joinOther(this.#localProfile(url), error);
      return status;
    }
    // Some editors in a browser keep secrets only as long as the window is open.
    if (known === undefined && state.get<number>(PORT_KEY) !== undefined) tellForgotten();
    if (status.running) await state.update(PORT_KEY, status.port);
    await state.update(LAST_KEY, { lan } satisfies Last);
    await this.hub.set(this.#localProfile(url)).connect();
    return status;
  }

  /** Stops the embedded broker; its boards are away until it runs again. */
  async stopLocal(): Promise<void> {
    await this.services.state.update(LAST_KEY, undefined);
    await this.hub.get(LOCAL_BROKER_ID)?.disconnect();
    await this.services.local.stop();
  }

  /** Adds or changes a broker in the settings. */
  async save(profile: BrokerProfile): Promise<void> {
    const { profiles } = readProfiles(this.services.settings.get('brokers'));
    const others = profiles.filter((p) => p.id !== profile.id);
    await this.services.settings.set('brokers', [...others, profile]);
    this.#readSettings();
  }

  async remove(id: string): Promise<void> {
    const { profiles } = readProfiles(this.services.settings.get('brokers'));
    await this.services.settings.set(
      'brokers',
      profiles.filter((p) => p.id !== id),
    );
    await this.secrets.setPassword(id, undefined);
    this.#readSettings();
  }

  dispose(): void {
    this.#store.dispose();
    for (const timer of this.#retries) timer.dispose();
    for (const entry of this.#inFleet.values()) entry.dispose();
    this.#inFleet.clear();
    this.#quietly(this.services.local.stop());
  }

  #localProfile(url: string): BrokerProfile {
    const caFile = this.services.settings.get('localBroker.caFile');
    return {
      ...{ id: LOCAL_BROKER_ID, name: vscode.l10n.t('Local broker'), url, username: LOCAL_USER },
      ...(caFile && url.startsWith('mqtts:') ? { caFile } : {}),
    };
  }

  /** The certificate that the local broker shall use. @throws UsageError when one is named and cannot be had */
  async #localTls(): Promise<LocalBrokerOptions['tls']> {
    const { settings } = this.services;
    const cert = settings.get('localBroker.certFile');
    const key = settings.get('localBroker.keyFile');
    if (!cert && !key) return undefined;
    try {
      const [a, b] = await Promise.all([cert, key].map(readText));
      if (a && b) return { cert: a, key: b };
    } catch (error) {
      this.services.log.warn(`Local broker: ${asError(error).message}`);
    }
    throw new UsageError(vscode.l10n.t('The certificate of the local broker cannot be read'), {
      hint: vscode.l10n.t(
        'Name the certificate and its key in the settings (mpyFleet.localBroker.certFile, keyFile), or neither.',
      ),
    });
  }

  /** The port is taken: by another window's broker, if it takes our password. */
  async #joinOther(profile: BrokerProfile, busy: ConnectError): Promise<void> {
    try {
      await this.hub.set(profile).connect();
    } catch (error) {
      this.services.log.debug(`Not another window's broker: ${asError(error).message}`);
      this.hub.remove(LOCAL_BROKER_ID);
      throw busy;
    }
  }

  /**
   * Connects without a question, and again later while the broker cannot be reached: the network may come after the
   * window. Ends when somebody else connects it, leaves it or changes its profile.
   */
  #keepTrying(broker: Broker, pause = FIRST_RETRY_MS): void {
    broker.connect().catch((error: unknown) => {
      const { message } = asError(error);
      this.services.log.info(`Broker: ${message}`);
      if (error instanceof ConnectError && error.reason === 'wrongPassword') return;
      const timer = systemClock.after(pause, () => {
        this.#retries.delete(timer);
        const isThere = this.hub.get(broker.profile.id) === broker;
        if (!isThere || broker.state.tag !== 'offline') return;
        this.#keepTrying(broker, Math.min(pause * 2, LAST_RETRY_MS));
      });
      this.#retries.add(timer);
    });
  }

  #readSettings(): void {
    const { hub, settings, log } = this.services;
    const { profiles, problems } = readProfiles(settings.get('brokers'));
    for (const problem of problems) log.warn(`Settings: ${problem}`);
    for (const broker of hub.all) {
      const { id } = broker.profile;
      if (id !== LOCAL_BROKER_ID && !profiles.some((p) => p.id === id)) hub.remove(id);
    }
    for (const profile of profiles) {
      const known = hub.get(profile.id);
      if (known && JSON.stringify(known.profile) === JSON.stringify(profile)) continue;
      this.#keepTrying(hub.set(profile));
    }
  }

  /** Brings the fleet in line with the brokers that there are. */
  #follow(): void {
    const here = new Set(this.hub.all);
    for (const [broker, entry] of this.#inFleet) {
      if (here.has(broker)) continue;
      this.#inFleet.delete(broker);
      entry.dispose();
    }
    for (const broker of here) {
      const source = this.hub.source(broker.profile.id);
      if (this.#inFleet.has(broker) || !source || !this.#fleet) continue;
      const store = new DisposableStore();
      store.add(this.#fleet.addSource(source));
      const legacy = broker.profile.legacyPrefix && this.hub.legacySource(broker.profile.id);
      if (legacy) store.add(this.#fleet.addSource(legacy));
      store.add(source.onDidChange(() => this.#changed.fire(undefined)));
      store.add(broker.onDidChangeState(() => this.#changed.fire(undefined)));
      this.#inFleet.set(broker, store);
    }
    this.#changed.fire(undefined);
  }

  /** For what nobody waits for: the broker's state in the tree shows how it went. */
  #quietly(work: Promise<unknown>): void {
    work.catch((error: unknown) => this.services.log.info(`Broker: ${asError(error).message}`));
  }
}

/** The boards are refused from now on, and only their REPL would say so. */
function tellForgotten(): void {
  const put = vscode.l10n.t('Put the Agent on a Board');
  const words = vscode.l10n.t(
    'The password of the local broker was no longer in the secret storage of this editor, and it has a new one. Boards that know the old one cannot connect: put the agent on them again.',
  );
  void vscode.window.showWarningMessage(words, put).then(async (answer) => {
    if (answer === put) await vscode.commands.executeCommand('mpyFleet.putAgent');
  });
}

async function readText(path: string): Promise<string> {
  return text(await vscode.workspace.fs.readFile(vscode.Uri.file(path)));
}
