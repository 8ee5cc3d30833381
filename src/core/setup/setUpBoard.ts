import * as l10n from '@vscode/l10n';
import {
  examine,
  installAgent,
  type AgentConfig,
  type AgentFit,
  clockForTls,
  takesWifi,
  type WrongClock,
  newBoardKey,
} from '../agent';
import { deployApp } from '../apps';
import { awaitedLater, systemClock, throwIfAborted } from '../async';
import type { BoardInfo } from '../board';
import { baseConfig, filled } from './boardValues';
import { refuseFinished, restarted } from './finished';
import { flashStep, requireVersion } from './flashStep';
import { handOverKey } from './handOver';
import { writeEntries } from './localFiles';
import { ownReport } from './ownReport';
import { AlreadySetUpError, failureAt, type SetupRecord } from './record';
import type { BrokerPlace, SetupBoard, SetupHost, SetUpOptions, StepName } from './steps';
import { isForOthers, stepsOf, type SetupTemplate, type TemplateFile } from './template';
import { missingNetworks } from './wifi';

/**
 * Sets one board up by a template. Does not throw on failure or cancellation: the record says which steps are done, and which one
 * failed and why. Called again with that record, it continues at the failed step.
 * @throws AlreadySetUpError for a board that an earlier run finished, unless `again`
 */
export async function setUpBoard(
  template: SetupTemplate,
  board: SetupBoard,
  host: SetupHost,
  options: SetUpOptions,
): Promise<SetupRecord> {
  return new SetUp(template, board, host, options).run();
}

class SetUp {
  #record: SetupRecord;
  #info: BoardInfo | undefined;
  #fit: AgentFit | undefined;
  #place: BrokerPlace | undefined;
  #restarted = true;
  #isStarted = false;
  /** False: its clock is wrong and cannot be set. */
  #hasTime = true;
  /** Set before the board restarts, so that its announcement is not missed. */
  #arrival: Promise<void> | undefined;

  constructor(
    private readonly template: SetupTemplate,
    private readonly board: SetupBoard,
    private readonly host: SetupHost,
    private readonly options: SetUpOptions,
  ) {
    const { now = () => new Date(), before } = options;
    const { failed, ...rest }: Partial<SetupRecord> = before ?? {};
    if (failed) options.onStep?.(failed.step, l10n.t('Continuing after: {0}', failed.reason));
    this.#record = { done: [], notes: [], ...rest, time: now().toISOString(), seconds: 0 };
  }

  async run(): Promise<SetupRecord> {
    const { signal, without = [], now = () => new Date() } = this.options;
    const begin = now().getTime();
    const ended = (record: SetupRecord): SetupRecord => ({
      ...record,
      seconds: (now().getTime() - begin) / 1000,
    });
    for (const step of stepsOf(this.template)) {
      if (without.includes(step) || this.#record.done.includes(step)) continue;
      try {
        throwIfAborted(signal);
        await this.#steps[step]();
      } catch (error) {
        if (error instanceof AlreadySetUpError) {
          // Recognised by its loader, it has started its program already.
          throw this.#info ? await restarted(this.board, error, signal) : error;
        }
        return ended({ ...this.#record, failed: failureAt(step, error) });
      }
      this.#set({ done: [...this.#record.done, step] });
    }
    return ended(this.#record);
  }

  readonly #steps: Readonly<Record<StepName, () => Promise<void>>> = {
    flash: () => this.#flash(),
    name: () => this.#name(this.template.name ?? ''),
    wifi: () => this.#wifi(),
    agent: () => this.#agent(),
    files: () => this.#files(this.template.files ?? []),
    app: () => this.#app(this.template.app ?? ''),
    start: () => this.#start(),
    broker: () => this.#broker(),
    stubs: () => this.#stubs(),
  };

  async #flash(): Promise<void> {
    const { firmware } = this.template;
    const { signal } = this.options;
    if (!firmware) return;
    this.#say('flash', l10n.t('Loading the firmware'));
    const content = await this.host.firmware(firmware.use, signal);
    const { restarted: isStarted } = await flashStep(this.board, content, {
      erase: firmware.erase !== false,
      signal,
      onChip: (chip) => {
        this.#set({ chip });
        this.#refuseFinished();
      },
      onProgress: (words, done, total) => this.#say('flash', words, done, total),
    });
    this.#restarted = isStarted;
    this.#say(
      'flash',
      isStarted
        ? l10n.t('Waiting for the first start')
        : l10n.t('Press RESET on the board, or unplug it and plug it in again'),
    );
    this.#info = undefined;
    requireVersion(content, await this.#known());
  }

  /** Returns the board's description of itself, which is read once. */
  async #known(): Promise<BoardInfo> {
    if (this.#info) return this.#info;
    const { signal } = this.options;
    const info = await this.board.info({ restarted: this.#restarted, signal });
    this.#info = info;
    const { uid, version, machine } = info;
    this.#set({ ...(uid === undefined ? {} : { uid }), firmware: version, machine });
    this.#refuseFinished();
    return info;
  }

  /** @throws AlreadySetUpError for a board that an earlier run finished */
  #refuseFinished(): void {
    if (!this.options.again) refuseFinished(this.host.earlier(this.#record));
  }

  async #name(pattern: string): Promise<void> {
    const { uid } = await this.#known();
    const earlier = this.host.earlier(this.#record);
    const given =
      earlier?.name === undefined
        ? this.host.nextName(pattern)
        : { name: earlier.name, n: earlier.n ?? 1 };
    this.#set(given);
    this.#say('name', given.name);
    await this.host.named?.(uid, given.name);
  }

  async #wifi(): Promise<void> {
    const fit = await this.#fitting();
    if (!takesWifi(fit)) this.#note(l10n.t('It has no Wi-Fi'));
    else if (this.host.networks) await this.host.networks(fit);
    else await this.#lookForWifi(this.options.signal);
  }

  async #lookForWifi(signal: AbortSignal): Promise<void> {
    const wanted = await this.#filled(this.template.wifi ?? []);
    if (wanted.some((w) => w.hidden)) return;
    this.#say('wifi', l10n.t('Looking for Wi-Fi networks'));
    const isElsewhere = isForOthers(this.template);
    this.#note(await missingNetworks(this.board, wanted, { signal, isElsewhere }));
  }

  async #fitting(): Promise<AgentFit> {
    await this.#known();
    this.#fit ??= await examine(this.board, this.options.signal);
    return this.#fit;
  }

  async #brokerPlace(): Promise<BrokerPlace> {
    const fit = await this.#fitting();
    this.#place ??= await this.host.broker(
      await this.#filled(this.template.broker ?? {}),
      fit,
      this.options.signal,
    );
    return this.#place;
  }

  async #agent(): Promise<void> {
    const fit = await this.#fitting();
    const place = await this.#brokerPlace();
    const { handOver: passphrase } = await this.#filled(this.template.broker ?? {});
    const adminKey = newBoardKey();
    const config: AgentConfig = {
      ...baseConfig(this.template, this.#record, fit, place),
      ...(this.template.tags ? { tags: await this.#filled(this.template.tags) } : {}),
      wifi: takesWifi(fit) ? await this.#networks(fit) : [],
      adminKey,
    };
    const known = await this.host.keepKey(fit.uid, adminKey);
    if (passphrase !== undefined) {
      this.#note(await handOverKey(await this.host.handOver(passphrase), fit.uid, adminKey));
    }
    const io = { ...this.options, known, onStep: (now: string) => this.#say('agent', now) };
    const source = await this.host.agentSource(fit);
    const { clock, settings } = await installAgent(this.board, source, config, io);
    this.#tellClock(clock);
    this.#note(settings);
  }

  #tellClock(clock: WrongClock | undefined): void {
    this.#hasTime = clock?.isSet !== false;
    this.#note(clock?.note);
  }

  async #networks(fit: AgentFit) {
    const { without = [] } = this.options;
    if (this.host.networks) return without.includes('wifi') ? [] : this.host.networks(fit);
    const wanted = await this.#filled(this.template.wifi ?? []);
    return wanted.map(({ ssid, password = '' }) => ({ ssid, key: password }));
  }

  async #files(entries: readonly TemplateFile[]): Promise<void> {
    const { signal } = this.options;
    await this.#known();
    await writeEntries(this.board.files, entries, {
      signal,
      filled: (text) => this.#filled(text),
      items: (entry) => this.host.files(entry, signal),
      onProgress: (done, total, path) => this.#say('files', path, done, total),
    });
  }

  async #app(folder: string): Promise<void> {
    const { signal } = this.options;
    await this.#known();
    const app = await this.host.app(folder, signal);
    const onProgress = (done: number, total: number, path: string) =>
      this.#say('app', path, done, total);
    await deployApp(this.board.files, app, await this.host.supervisor(), { signal, onProgress });
  }

  async #start(): Promise<void> {
    const { signal } = this.options;
    await this.#known();
    const { expect, broker } = this.template.broker ? await this.#brokerPlace() : {};
    // Continued after the board was unplugged, its clock may be wrong again.
    if (broker?.tls?.verify) this.#tellClock(await clockForTls(this.board, signal));
    const { uid = '' } = expect ? await this.#fitting() : {};
    this.#arrival = expect?.(uid, signal);
    // The next step awaits it. If the restart fails, there is no next step, and this error would add nothing.
    if (this.#arrival) awaitedLater(this.#arrival);
    this.#say('start', l10n.t('Restarting'));
    await this.board.reset('soft', signal);
    this.#isStarted = true;
  }

  async #broker(): Promise<void> {
    const place = await this.#brokerPlace();
    if (!place.expect) {
      if (!this.#isStarted) await this.#start();
      return this.#askBoard(place.name);
    }
    this.#say('broker', l10n.t('Waiting for it at {0}', place.name));
    if (!this.#arrival) await this.#start();
    const arrival = this.#arrival;
    this.#arrival = undefined;
    await arrival;
    await place.arrived?.(this.options.signal);
  }

  /** Asks the board, because this computer cannot ask another owner's broker. A board that has not connected yet has not failed. */
  async #askBoard(broker: string): Promise<void> {
    const { signal, clock = systemClock } = this.options;
    const options = { signal, clock, hasTime: this.#hasTime };
    this.#say('broker', l10n.t('Asking the board whether it reaches {0}', broker));
    const { note, unverified } = await ownReport(this.board, broker, options);
    this.#set({ unverified });
    this.#note(note);
  }

  async #stubs(): Promise<void> {
    this.#note(await this.host.stubs(await this.#known(), this.options.signal));
  }

  /** Replaces the placeholders in a value of the template. */
  #filled<T>(value: T): Promise<T> {
    return filled(value, this.#record, this.#info?.platform, this.host);
  }

  #set(more: Partial<SetupRecord>): void {
    this.#record = { ...this.#record, ...more };
  }

  #note(words: string | undefined): void {
    if (words !== undefined)
      this.#set({ notes: [...this.#record.notes.filter((n) => n !== words), words] });
  }

  #say(step: StepName, words: string, done?: number, total?: number): void {
    this.options.onStep?.(step, words, done, total);
  }
}
