import probeSnippet from '../../../board/snippets/agentProbe.py';
import wifiSnippet from '../../../board/snippets/wifiScan.py';
import { withoutStartLines, withStartLines } from './agentStartLines';
import type { BoardFiles } from '../boardFiles';
import { text, utf8 } from '../bytes';
import { FileError, ProtocolError, UsageError } from '../errors';
import { MAIN_FILE as MAIN } from '../files/startLines';
import { parseJson } from '../json';

/** The agent's files, as they are in the product. `copy` is compiled for MicroPython 1.19 and later. */
export interface AgentSource {
  readonly shim: Uint8Array;
  /** File names in the copy's folder, `agent.mpy` or `agent.py`. */
  readonly copy: ReadonlyMap<string, Uint8Array>;
}

/** The board, as installing needs it. */
export interface InstallTarget {
  readonly name: string;
  readonly files: BoardFiles;
  exec(code: string, options: { signal?: AbortSignal; job?: string }): Promise<Uint8Array>;
}

/** What the board is, before anything is written. */
export interface AgentFit {
  readonly uid: string;
  readonly platform: string;
  /** Version of .mpy files that it loads; 0: none. */
  readonly mpyVersion: number;
  readonly hasWifi: boolean;
  /** Its address in the network; '' when it is in none. */
  readonly ip: string;
}

export interface WifiNetwork {
  readonly ssid: string;
  /** dBm. */
  readonly rssi: number;
  readonly open: boolean;
}

/** What goes into config.json (board/agent/README.md). Holds secrets. */
export interface AgentConfig {
  readonly name: string;
  readonly tags?: readonly string[];
  readonly root?: string;
  readonly wifi?: readonly { readonly ssid: string; readonly key: string }[];
  readonly broker: {
    readonly host: string;
    readonly port: number;
    readonly user?: string;
    readonly password?: string;
    /**
     * The authority's certificate, PEM; given when the broker speaks TLS. `verify: false` needs none. `name`: what the
     * certificate must say instead of the host.
     */
    readonly tls?: { readonly ca?: string; readonly verify: boolean; readonly name?: string };
  };
  /** Empty: open mode. */
  readonly adminKey?: Uint8Array;
}

const FOLDER = '/mpyfleet';
/** What the board reads at its start; holds secrets. */
export const AGENT_CONFIG = `${FOLDER}/config.json`;
const CA = `${FOLDER}/ca.pem`;
/** Version of .mpy files that the compiled agent is. */
const MPY_VERSION = 6;
const MAX_NETWORKS = 40;

/**
 * Asks the board what it is. Nothing is changed.
 * @throws UsageError in words when the agent cannot run on it
 */
export async function examine(board: InstallTarget, signal?: AbortSignal): Promise<AgentFit> {
  const out = await board.exec(probeSnippet, { signal, job: 'Looking at the board' });
  const said = parseJson(out);
  const number = (key: string) => (typeof said[key] === 'number' ? said[key] : 0);
  const words = (key: string) => (typeof said[key] === 'string' ? said[key].slice(0, 64) : '');
  if (number('asyncio') === 0 || number('socket') === 0) {
    const what = number('socket') === 0 ? 'has no network' : 'has no asyncio';
    throw new UsageError(`The firmware of ${board.name} ${what}: the agent cannot run on it`, {
      hint: 'Use a board with Wi-Fi or Ethernet and a current MicroPython.',
    });
  }
  if (!/^[0-9a-f]{2,64}$/.test(words('uid')) || /^0*$/.test(words('uid'))) {
    throw new UsageError(`${board.name} has no unique id, by which a broker could know it`);
  }
  return {
    uid: words('uid'),
    platform: words('platform'),
    mpyVersion: number('mpy') & 0xff,
    hasWifi: number('wlan') === 1,
    ip: words('ip'),
  };
}

/** Networks in reach of the board, the strongest first. */
export async function scanWifi(board: InstallTarget, signal?: AbortSignal): Promise<WifiNetwork[]> {
  const out = await board.exec(wifiSnippet, { signal, job: 'Looking for Wi-Fi networks' });
  const rows = parseJson(utf8(`{"l":${text(out).trim()}}`)).l;
  if (!Array.isArray(rows)) throw new ProtocolError('the board sent no list of networks');
  const found = new Map<string, WifiNetwork>();
  for (const row of rows.slice(0, MAX_NETWORKS) as unknown[][]) {
    const [hex, rssi, security] = row;
    if (typeof hex !== 'string' || !/^([0-9a-f]{2}){1,32}$/.test(hex)) continue; // hidden networks have no name
    const ssid = text(Buffer.from(hex, 'hex'));
    const level = typeof rssi === 'number' ? rssi : -100;
    if ((found.get(ssid)?.rssi ?? -999) < level) {
      found.set(ssid, { ssid, rssi: level, open: security === 0 });
    }
  }
  return [...found.values()].sort((a, b) => b.rssi - a.rssi);
}

export interface InstallOptions {
  readonly signal?: AbortSignal;
  /** Each step, in words. */
  readonly onStep?: (words: string) => void;
}

/**
 * Puts the agent on a board, or anew over one that is there. An interruption leaves a board that starts as before: main.py
 * comes last. What was in main.py stays in it and becomes the program that the agent runs.
 */
export async function installAgent(
  board: InstallTarget,
  source: AgentSource,
  config: AgentConfig,
  { signal, onStep = () => undefined }: InstallOptions = {},
): Promise<void> {
  const { files } = board;
  const main = await readOr(files, MAIN, '', signal);
  onStep('Writing its configuration');
  const ca = config.broker.tls?.ca;
  if (ca !== undefined) await files.write(CA, utf8(ca), { signal });
  await files.write(AGENT_CONFIG, utf8(configJson(config)), { signal, secret: true });
  onStep('Copying the agent');
  await removeTree(files, `${FOLDER}/b`, signal);
  await copyAgent(files, source, 'a', signal);
  await removeFile(files, `${FOLDER}/boot.json`, signal);
  await files.write(`${FOLDER}/__init__.py`, source.shim, { signal });
  onStep('Adding its start lines to main.py');
  await files.write(MAIN, utf8(withStartLines(main)), { signal });
}

/** Takes the agent off a board on its cable: its start lines first, then its files. The board's program stays in main.py. */
export async function removeAgent(files: BoardFiles, options: InstallOptions = {}): Promise<void> {
  const { signal, onStep = () => undefined } = options;
  await removeStartLines(files, options);
  onStep('Removing its files');
  await removeTree(files, FOLDER, signal);
}

/** The first half of {@link removeAgent}; over the air the agent itself does the rest. */
export async function removeStartLines(
  files: BoardFiles,
  { signal, onStep = () => undefined }: InstallOptions = {},
): Promise<void> {
  onStep('Removing its start lines from main.py');
  const main = await readOr(files, MAIN, '', signal);
  const own = withoutStartLines(main);
  if (own.trim() === '') await removeFile(files, MAIN, signal);
  else if (own !== main) await files.write(MAIN, utf8(own), { signal, asGiven: true });
}

/** Writes a new agent into the copy that does not run. It is tried when the board is restarted into that slot. */
export async function updateAgent(
  files: BoardFiles,
  source: AgentSource,
  running: string,
  signal?: AbortSignal,
): Promise<'a' | 'b'> {
  const slot = running === 'a' ? 'b' : 'a';
  await removeTree(files, `${FOLDER}/${slot}`, signal);
  await copyAgent(files, source, slot, signal);
  return slot;
}

/** Whether the compiled files are right for a board. @throws UsageError when it is too old for the agent at all */
export function takesCompiled(fit: Pick<AgentFit, 'mpyVersion'>): boolean {
  return fit.mpyVersion === MPY_VERSION;
}

async function copyAgent(
  files: BoardFiles,
  source: AgentSource,
  slot: 'a' | 'b',
  signal?: AbortSignal,
): Promise<void> {
  const items = [...source.copy].map(([name, content]) => ({
    path: `${FOLDER}/${slot}/${name}`,
    content,
  }));
  const wanted = new Set(items.map((i) => i.path));
  // A module left over from an older agent, or the same one in its other form, would be found first.
  for (const { path, type } of await walkOr(files, `${FOLDER}/${slot}`, signal)) {
    if (type === 'file' && !wanted.has(path)) await files.remove(path, { signal });
  }
  await files.mkdir(`${FOLDER}/${slot}`, { parents: true, signal });
  await files.writeMany(items, { signal });
}

/** config.json as the agent reads it. */
export function configJson(config: AgentConfig): string {
  const { broker, adminKey } = config;
  const { tls } = broker;
  return JSON.stringify({
    name: config.name,
    ...(config.tags?.length ? { tags: config.tags } : {}),
    ...(config.root && config.root !== 'mpy' ? { root: config.root } : {}),
    ...(config.wifi?.length ? { wifi: config.wifi } : {}),
    broker: {
      host: broker.host,
      port: broker.port,
      ...(broker.user ? { user: broker.user } : {}),
      ...(broker.password ? { password: broker.password } : {}),
      ...(tls
        ? {
            ssl: tls.verify
              ? { ca: CA, ...(tls.name ? { name: tls.name } : {}) }
              : { verify: false },
          }
        : {}),
    },
    ...(adminKey
      ? { mode: 'signed', keys: { admin: Buffer.from(adminKey).toString('hex') } }
      : { mode: 'open' }),
    app: MAIN,
  });
}

async function readOr(
  files: BoardFiles,
  path: string,
  otherwise: string,
  signal?: AbortSignal,
): Promise<string> {
  return text(await unlessMissing(files.read(path, { signal }), utf8(otherwise)));
}

function walkOr(files: BoardFiles, path: string, signal?: AbortSignal) {
  return unlessMissing(files.walk(path, { signal }), []);
}

async function removeTree(files: BoardFiles, path: string, signal?: AbortSignal): Promise<void> {
  await unlessMissing(files.remove(path, { recursive: true, signal }), undefined);
}

async function removeFile(files: BoardFiles, path: string, signal?: AbortSignal): Promise<void> {
  await unlessMissing(files.remove(path, { signal }), undefined);
}

async function unlessMissing<T>(work: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof FileError && error.errno === 'ENOENT') return otherwise;
    throw error;
  }
}
