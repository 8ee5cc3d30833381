import { createHash } from 'node:crypto';
import removeSnippet from '../../../board/snippets/agentRemove.py';
import type {
  AgentControl,
  AgentRestart,
  AppState,
  FirmwareSlots,
} from '../../core/agent/agentControl';
import { withAgentNames } from '../../core/agent/agentNames';
import { decodeJson, Op } from '../../core/agent/agentProtocol';
import { parseLogBatch, type LogBatch } from '../../core/agent/agentProtocolLog';
import type { Birth } from '../../core/agent/agentProtocolPresence';
import { text, utf8 } from '../../core/bytes';
import { ConnectionLostError } from '../../core/errors';
import { agentExec } from './agentExec';
import { upload } from './agentUpload';
import type { MqttBroker } from './mqttBroker';
import { nextBirth } from './nextBirth';

/** Restarts a board and resolves once it is back at the broker. `how` is RESET's payload. */
export async function restartAgent(
  broker: MqttBroker,
  uid: string,
  how: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<Birth> {
  const ended = new AbortController();
  const back = nextBirth(
    broker,
    uid,
    signal ? AbortSignal.any([signal, ended.signal]) : ended.signal,
  );
  back.catch(() => undefined); // it is awaited below; RESET may fail first
  try {
    await broker.client(uid).json(Op.reset, how, { signal });
  } catch (error) {
    // The answer may be lost with the board that gave it: a new boot id is the proof that counts.
    if (!(error instanceof ConnectionLostError)) {
      ended.abort();
      throw error;
    }
  }
  return back;
}

/** The agent on one board, for what is neither code nor files. */
export class MqttAgentControl implements AgentControl {
  constructor(
    private readonly broker: MqttBroker,
    private readonly uid: string,
  ) {}

  get birth(): Birth | undefined {
    return this.#client.birth;
  }

  async config(signal?: AbortSignal): Promise<Readonly<Record<string, unknown>>> {
    const { cfg } = decodeJson((await this.#client.json(Op.cfg, {}, { signal })).payload);
    return typeof cfg === 'object' && cfg !== null ? (cfg as Record<string, unknown>) : {};
  }

  async configure(set: Readonly<Record<string, unknown>>, signal?: AbortSignal): Promise<void> {
    await this.#client.json(Op.cfg, { set }, { signal });
  }

  restart({ mode, slot }: AgentRestart, signal?: AbortSignal): Promise<Birth> {
    return restartAgent(this.broker, this.uid, { m: mode, ...(slot ? { slot } : {}) }, signal);
  }

  async remove(signal?: AbortSignal): Promise<void> {
    try {
      await agentExec(this.#client, utf8(removeSnippet), { signal });
    } catch (error) {
      // That the board is gone is what was wanted.
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

  async writeFirmware(
    image: Uint8Array,
    options: { signal?: AbortSignal; onProgress?: (done: number, total: number) => void },
  ): Promise<void> {
    const h = createHash('sha256').update(image).digest('hex');
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
