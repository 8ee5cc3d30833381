import * as vscode from 'vscode';
import { readEncryption, readProfiles } from '../../core/broker/brokerProfiles';
import type { Broker, BrokerHub, BrokerProfile } from '../../core/broker/broker';
import { systemClock } from '../../core/async';
import { asError, ConnectError } from '../../core/errors';
import { DisposableStore, Emitter, type Disposable } from '../../core/events';
import type { Fleet } from '../../core/board';
import {
  LOCAL_BROKER_ID,
  type LocalBrokerControl,
  type LocalBrokerOptions,
  type LocalBrokerStatus,
} from '../../core/broker/localBroker';
import { COMPUTER_USER, computerLogin } from '../../core/broker/boardLogin';
import type { Log } from '../../core/log';
import type { Settings } from '../settings';
import type { BrokerSecretStore } from './brokerSecrets';
import { hidePort } from './hiddenPort';
import { localCertificate } from './localCertificate';
import { tellForgotten } from './forgottenLogins';

/** User name that this computer and all boards had at the embedded broker of earlier versions. */
const COMMON_USER = 'fleet';
/** Boards that have used their own login, so the shared one is no longer valid for them. */
const OWN_LOGINS = 'mpyFleet.localBroker.ownLogins';
/**
 * Key that stores whether, and for whom, the embedded broker ran when the window closed. It is then
 * started again.
 */
const LAST_KEY = 'mpyFleet.localBroker.last';
/**
 * Pauses, in milliseconds, between attempts to reach a broker. The pause doubles from the first
 * value up to the last.
 */
const FIRST_RETRY_MS = 5_000;
const LAST_RETRY_MS = 60_000;
/** Key of the port with which boards were configured. */
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

/**
 * Connects the brokers of the settings and the embedded broker, follows changes of the settings,
 * and adds the brokers' boards to the fleet.
 */
export class BrokerCenter implements Disposable {
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new Emitter<undefined>());
  /** A broker was added, was removed, or changed its state. */
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

  /**
   * Reads the settings, connects to brokers that need no question, and starts the embedded broker
   * if it ran before.
   */
  start(fleet: Fleet): void {
    this.#fleet = fleet;
    this.#readSettings();
    const last = this.services.state.get<Last>(LAST_KEY);
    if (last) this.#quietly(this.startLocal(last.lan));
  }

  /** Connects, asking for missing credentials. @throws ConnectError */
  async connect(id: string, signal?: AbortSignal): Promise<void> {
    await this.secrets.asking(id, async () => this.hub.get(id)?.connect(signal));
  }

  /**
   * Starts the embedded broker and connects to it. With `lan`, boards in the network may connect as
   * well. If another window already runs it, connects to that one.
   * @throws ConnectError if another program uses the port
   */
  async startLocal(lan: boolean): Promise<LocalBrokerStatus> {
    const { local, secrets, settings, state } = this.services;
    const isKnown = await secrets.hasLocalSecret();
    const common = await this.#commonLogin();
    const boardSecret = await secrets.localSecret();
    const port = state.get<number>(PORT_KEY) ?? settings.get('localBroker.port');
    const tls = await localCertificate(settings, this.services.log);
    let status: LocalBrokerStatus = { running: false };
    let url = `${tls ? 'mqtts' : 'mqtt'}://127.0.0.1:${port}`;
    await hidePort(port, this.services.log);
    try {
      status = await local.start({
        ...{ port, lan, boardSecret, provesSecret: true, ...computerLogin(boardSecret) },
        ...(tls && { tls }),
        ...(common && { common }),
        onOwnLogin: (uid) => this.#retireCommon(uid),
      });
      if (status.running) url = status.url;
    } catch (error) {
      if (!(error instanceof ConnectError) || error.reason !== 'busy') throw error;
      await this.#joinOther(port, url, lan, error);
      return status;
    }
    // Some browser editors keep secrets only while the window is open.
    if (!isKnown && !common && state.get<number>(PORT_KEY) !== undefined) tellForgotten();
    if (status.running) await state.update(PORT_KEY, status.port);
    await state.update(LAST_KEY, { lan } satisfies Last);
    await this.hub.set(this.#localProfile(url)).connect();
    return status;
  }

  /** Stops the embedded broker. Its boards are away until it runs again. */
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
    const removed = profiles.find((p) => p.id === id);
    if (removed) await this.secrets.setPassword(removed, undefined);
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
    // A misspelt value must not count as off.
    const encrypt = readEncryption(this.services.settings.get('localBroker.encrypt')) ?? 'required';
    return {
      ...{ id: LOCAL_BROKER_ID, name: vscode.l10n.t('Local broker'), url, username: COMPUTER_USER },
      ...(caFile && url.startsWith('mqtts:') ? { caFile } : {}),
      encrypt,
    };
  }

  /**
   * Joins the broker of another window after the port was taken. That broker proves that it knows our secret; any other
   * program learns nothing, in particular no login.
   */
  async #joinOther(port: number, url: string, lan: boolean, busy: ConnectError): Promise<void> {
    const { local, secrets, log } = this.services;
    const boardSecret = await secrets.localSecret();
    if (!(await local.isOurs(port, boardSecret, url.startsWith('mqtts:')))) {
      log.warn(`The program on port ${port} is not another window's broker`);
      throw busy;
    }
    const broker = this.hub.set(this.#localProfile(url));
    await broker.connect();
    // When that window closes, any program may take its port, so this window does not automatically
    // send its login there again.
    const subscription = broker.onDidChangeState(({ tag }) => {
      if (tag !== 'offline') return;
      subscription.dispose();
      this.#quietly(broker.disconnect().then(() => this.startLocal(lan)));
    });
  }

  /** Returns the login that boards of earlier versions share, if there are such boards. */
  async #commonLogin(): Promise<LocalBrokerOptions['common']> {
    const { secrets, state } = this.services;
    const password = await secrets.storedPassword({ id: LOCAL_BROKER_ID, url: '' });
    if (password === undefined) return undefined;
    const isRetired = (uid: string) => state.get<string[]>(OWN_LOGINS, []).includes(uid);
    return { username: COMMON_USER, password, isRetired };
  }

  #retireCommon(uid: string): void {
    const { state } = this.services;
    const known = state.get<string[]>(OWN_LOGINS, []);
    if (!known.includes(uid))
      this.#quietly(Promise.resolve(state.update(OWN_LOGINS, [...known, uid])));
  }

  /**
   * Connects without asking, and retries while the broker cannot be reached, because the network
   * may start after the window. Stops when someone else connects or removes the broker, or changes
   * its profile.
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

  /** Adds new brokers to the fleet and removes those that no longer exist. */
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

  /** Logs the failure of work that nothing waits for: the tree shows the broker's state. */
  #quietly(work: Promise<unknown>): void {
    work.catch((error: unknown) => this.services.log.info(`Broker: ${asError(error).message}`));
  }
}
