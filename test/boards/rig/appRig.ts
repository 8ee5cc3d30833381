import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { appModules } from '../../../scripts/buildAgent.mjs';
import type { AgentControl } from '../../../src/core/agent/agentControl';
import {
  appFromFolder,
  deployApp,
  type AppPackage,
  type Deployed,
  type Supervisor,
} from '../../../src/core/apps';
import type { AppRecord, MessageBatch } from '../../../src/core/agent/messageBatch';
import { text } from '../../../src/core/bytes';
import type { Event } from '../../../src/core/events';
import { SessionFiles } from '../../../src/core/files/sessionFiles';
import { nodeLocalFs } from '../../../src/core/sync/nodeLocalFs';
import { root, tempDir } from '../../lab/index.mjs';
import { linkTo, startFar, startFarLocal, type MqttFar } from './mqttRig';

/**
 * Pins, ADC, PWM and a sensor, which the lab's boards lack. `machine.duties` contains what an app
 * sets.
 */
export const HARDWARE = `import sys, machine as real
class Pin:
    OUT = 1
    def __init__(self, n, mode=None): self.n, self.values = n, []
    def value(self, n): self.values = self.values[-9:] + [n]
class DHT22:
    def __init__(self, pin): pass
    def measure(self): pass
    def temperature(self): return 21.5
    def humidity(self): return 48
class ADC:
    def __init__(self, n): pass
    def read_u16(self): return 32767
    def read(self):
        Hardware.level += 1
        return Hardware.level
class PWM:
    def __init__(self, pin): self.pin = pin
    def duty(self, n): Hardware.duties[self.pin.n] = n
class Hardware:
    level = 300
    duties = {}
    Pin, ADC, PWM = Pin, ADC, PWM
    def __getattr__(self, name): return getattr(real, name)
sys.modules["machine"] = Hardware()
class dht: pass
dht.DHT22 = DHT22
sys.modules["dht"] = dht
`;

let compiled: Promise<Supervisor> | undefined;
export const supervisor = () => (compiled ??= appModules());

/** Creates a folder with these files as an app. `app.json` may be an object. */
export async function makeApp(
  manifest: Record<string, unknown>,
  files: Record<string, string>,
): Promise<AppPackage> {
  return appFromFolder(nodeLocalFs, appFolder(manifest, files));
}

export function appFolder(
  manifest: Record<string, unknown>,
  files: Record<string, string>,
): string {
  const dir = tempDir('app');
  for (const [path, content] of Object.entries({
    ...files,
    'app.json': JSON.stringify(manifest),
  })) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), content);
  }
  return dir;
}

/** The files of Pythings' sample, as its users wrote them. */
export function sample(name: string): string {
  return readFileSync(join(root, 'test/boards/rig/pythings', name), 'utf8');
}

/** A board with the agent behind a broker, and a computer's work with its app. */
export class AppFar {
  readonly batches: MessageBatch[] = [];
  readonly events: Readonly<Record<string, unknown>>[] = [];
  #seen = 0;
  #boot = '';

  private constructor(
    readonly far: MqttFar,
    readonly files: SessionFiles,
    /** Runs code on the board and returns its output. */
    readonly python: (code: string) => Promise<string>,
    readonly control: AgentControl,
  ) {
    far.broker.onAppMessages(({ uid, batch }) => uid === far.board.uid && this.batches.push(batch));
    far.broker.onMessage(({ uid, topic, data }) => {
      if (uid === far.board.uid && topic === 'ev') this.events.push(data);
    });
  }

  static async start(
    files: Record<string, string> = {},
    config: Record<string, unknown> = {},
    through?: (port: number) => Promise<number>,
  ): Promise<AppFar> {
    const board = { heap: 1024, config, files: { '/boot.py': HARDWARE, ...files } };
    return AppFar.#of(await startFarLocal(board, through));
  }

  /** The same behind a broker that serves without logins. */
  static async at(
    { url, port }: { url: string; port: number },
    files: Record<string, string> = {},
  ): Promise<AppFar> {
    const board = { heap: 1024, files: { '/boot.py': HARDWARE, ...files } };
    return AppFar.#of(await startFar({ url }, { ...board, broker: { host: '127.0.0.1', port } }));
  }

  static async #of(far: MqttFar): Promise<AppFar> {
    const transport = linkTo(far);
    await transport.open(AbortSignal.timeout(20_000));
    const control = far.brokers.agent('b', far.board.uid);
    if (!control) throw new Error('the broker has no such board');
    const python = (code: string) =>
      transport.withSession(async (session) => text(await session.exec(code, {})).trim());
    const sessionFiles = new SessionFiles((work, o) => transport.withSession(work, o));
    return new AppFar(far, sessionFiles, python, control);
  }

  async deploy(app: AppPackage): Promise<Deployed> {
    const done = await deployApp(this.files, app, await supervisor());
    if (done.changed) await this.restart();
    return done;
  }

  /** Ignores messages and events of earlier starts from now on. */
  async restart(): Promise<void> {
    const { boot } = await this.control.restart({ mode: 'hard' });
    this.#boot = boot;
  }

  /** Returns the records so far that were not taken, once `enough` accepts them. */
  async records(enough: (records: readonly AppRecord[]) => boolean): Promise<readonly AppRecord[]> {
    await until(this.far.broker.onAppMessages, () => enough(this.#all()));
    const all = this.#all();
    this.#seen = this.batches.length;
    return all;
  }

  async event(ev: string, state: string): Promise<Readonly<Record<string, unknown>>> {
    const find = () =>
      this.events.find(
        (e) => e.ev === ev && (e.state ?? '') === state && (!this.#boot || e.boot === this.#boot),
      );
    await until(this.far.broker.onMessage, () => find() !== undefined);
    return find() ?? {};
  }

  stop(): Promise<void> {
    return this.far.stop();
  }

  #all(): readonly AppRecord[] {
    const own = this.batches.slice(this.#seen).filter((b) => !this.#boot || b.boot === this.#boot);
    return own.flatMap((b) => b.records);
  }
}

/** Resolves when `done` returns true. It is called now and after each event. */
export async function until<T>(event: Event<T>, done: () => boolean): Promise<void> {
  if (done()) return;
  await new Promise<void>((resolve) => {
    const subscription = event(() => {
      if (!done()) return;
      subscription.dispose();
      resolve();
    });
  });
}
