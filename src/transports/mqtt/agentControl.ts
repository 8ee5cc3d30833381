import { sha256 } from '../../core/hash';
import { awaitedLater } from '../../core/async';
import removeSnippet from '../../../board/snippets/agentRemove.py';
import {
  type AgentControl,
  type AgentRestart,
  type AppState,
  type Birth,
  type ConfigureOptions,
  decodeJson,
  type FirmwareSlots,
  type LogBatch,
  type LogLevel,
  type MessageBatch,
  Op,
  parseLogBatch,
  parseMessageBatch,
  type ReportedConfig,
  withAgentNames,
} from '../../core/agent';
import { nextPresence } from '../../core/broker/announced';
import { text, utf8 } from '../../core/bytes';
import { ConnectionLostError } from '../../core/errors';
import { agentExec } from './agentExec';
import { upload } from './agentUpload';
import type { MqttBroker } from './mqttBroker';
import { nextBirth } from './nextBirth';

/** Parts of a configuration that are only sent encrypted. */
const SECRETS = ['keys', 'wifi', 'network', 'broker'];
/** Milliseconds to wait for a board with new keys, which reconnects a second after its answer. */
const REKEYED_MS = 6_000;
/** Characters kept of a text from a board. */
const MAX_WHY = 200;

/** Restarts a board and resolves once it is back at the broker. `how` is RESET's payload. */
export async function restartAgent(
  broker: MqttBroker,
  uid: string,
  how: Readonly<Record<string, string>>,
  signal?: AbortSignal,
  limitMs?: number,
): Promise<Birth> {
  const ended = new AbortController();
  const back = nextBirth(
    broker,
    uid,
    signal ? AbortSignal.any([signal, ended.signal]) : ended.signal,
    limitMs,
  );
  awaitedLater(back); // RESET may fail first
  try {
    await broker.client(uid).json(Op.reset, how, { signal });
  } catch (error) {
    // The answer may be lost in the restart, so only a new boot id is proof.
    if (!(error instanceof ConnectionLostError)) {
      ended.abort();
      throw error;
    }
  }
  const birth = await back;
  const client = broker.client(uid);
  await client.open(signal); // Anyone can announce a board. It has restarted only once it has signed the announcement.
  return { ...birth, ...client.facts };
}

/** The agent on one board, for everything other than code and files. */
export class MqttAgentControl implements AgentControl {
  constructor(
    private readonly broker: MqttBroker,
    private readonly uid: string,
  ) {}

  get birth(): Birth | undefined {
    return this.#client.birth;
  }

  async config(signal?: AbortSignal): Promise<Readonly<Record<string, unknown>>> {
    return (await this.reported(signal)).raw;
  }

  async reported(signal?: AbortSignal): Promise<ReportedConfig> {
    const session = await this.#client.open(signal);
    const said = decodeJson((await this.#client.json(Op.cfg, {}, { signal })).payload);
    return {
      raw: typeof said.cfg === 'object' && said.cfg !== null ? { ...said.cfg } : {},
      fingerprint: session.fingerprint('') === '' ? undefined : (p) => session.fingerprint(p),
      trial: trialState(said.try),
      why: typeof said.why === 'string' ? said.why.slice(0, MAX_WHY) : '',
    };
  }

  async configure(
    set: Readonly<Record<string, unknown>>,
    { signal, trialSeconds }: ConfigureOptions = {},
  ): Promise<void> {
    // `k`: the answer contains no configuration, which could be longer than a frame.
    const more = { k: [], ...(trialSeconds === undefined ? {} : { try: trialSeconds }) };
    if (!SECRETS.some((name) => name in set)) {
      await this.#client.json(Op.cfg, { set, ...more }, { signal });
      return;
    }
    const session = await this.#client.open(signal);
    const reqid = this.#client.newReqid();
    const x = session.seal(JSON.stringify(set), reqid);
    await this.#client.json(Op.cfg, { x, ...more }, { signal, reqid });
    if (!('keys' in set) || session.proto <= 1) return;
    // The board reconnects with its new keys. They stay valid after the time limit.
    const back = { ms: REKEYED_MS };
    await nextPresence(this.broker, this.uid, (state) => state.on || undefined, back);
  }

  async logFor(level: LogLevel, seconds: number, signal?: AbortSignal): Promise<void> {
    await this.#client.json(Op.cfg, { lv: level, for: seconds, k: [] }, { signal });
  }

  desire(set: Readonly<Record<string, unknown>>): Promise<void> {
    return this.broker.desire(this.uid, set);
  }

  restart({ mode, slot }: AgentRestart, signal?: AbortSignal, limitMs?: number): Promise<Birth> {
    const how = { m: mode, ...(slot ? { slot } : {}) };
    return restartAgent(this.broker, this.uid, how, signal, limitMs);
  }

  async remove(signal?: AbortSignal): Promise<void> {
    try {
      await agentExec(this.#client, utf8(removeSnippet), { signal });
    } catch (error) {
      // The board going away is the intended result.
      if (!(error instanceof ConnectionLostError)) throw error;
    }
  }

  async logFrom(seq: number, signal?: AbortSignal): Promise<LogBatch> {
    return parseLogBatch((await this.#client.json(Op.logget, { s: seq }, { signal })).payload);
  }

  async crashes(signal?: AbortSignal): Promise<string> {
    const { payload } = await this.#client.json(Op.logget, { crash: 1 }, { signal });
    return withAgentNames(text(payload));
  }

  async forgetCrashes(signal?: AbortSignal): Promise<void> {
    await this.#client.json(Op.logget, { rm: 1 }, { signal });
  }

  async app(action: 'start' | 'stop' | 'info', signal?: AbortSignal): Promise<AppState> {
    const { run, p, n, x } = decodeJson(
      (await this.#client.json(Op.app, { do: action }, { signal })).payload,
    );
    return {
      running: run === 1,
      path: typeof p === 'string' ? p : '',
      starts: typeof n === 'number' ? n : 0,
      error: typeof x === 'string' ? x : '',
    };
  }

  async askApp(
    request: Readonly<Record<string, unknown>>,
    signal?: AbortSignal,
  ): Promise<Readonly<Record<string, unknown>>> {
    return decodeJson((await this.#client.json(Op.app, request, { signal })).payload);
  }

  async messagesFrom(seq: number, signal?: AbortSignal): Promise<MessageBatch> {
    const { payload } = await this.#client.json(Op.logget, { msg: 1, s: seq }, { signal });
    return parseMessageBatch(payload);
  }

  async writeFirmware(
    image: Uint8Array,
    options: { signal?: AbortSignal; onProgress?: (done: number, total: number) => void },
  ): Promise<void> {
    const h = sha256(image);
    await upload(this.#client, Op.ota, { do: 'begin', n: image.length, h }, image, {
      signal: options.signal,
      onAcked: (bytes) => options.onProgress?.(bytes, image.length),
    });
  }

  async firmware(signal?: AbortSignal): Promise<FirmwareSlots> {
    const { run, next, size, state } = decodeJson(
      (await this.#client.json(Op.ota, { do: 'info' }, { signal })).payload,
    );
    const word = (value: unknown) => (typeof value === 'string' ? value.slice(0, 32) : '');
    return {
      running: word(run),
      next: word(next),
      size: typeof size === 'number' ? size : 0,
      state: state === 'open' || state === 'pending' ? state : 'none',
    };
  }

  get #client() {
    return this.broker.client(this.uid);
  }
}

function trialState(said: unknown): ReportedConfig['trial'] {
  if (said === undefined) return 'unsupported';
  return said === 'open' || said === 'done' || said === 'undone' ? said : 'none';
}
