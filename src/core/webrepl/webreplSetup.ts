import webreplBoot from '../../../board/snippets/webreplBoot.py';
import wifiJoin from '../../../board/snippets/wifiJoin.py';
import wifiScan from '../../../board/snippets/wifiScan.py';
import { webreplAddress, type Address } from '../address';
import type { BoardFiles } from '../boardFiles';
import { text, utf8 } from '../bytes';
import { FileError, ProtocolError, PythonError, UsageError } from '../errors';
import { pyRepr } from '../python/python';
import type { Session } from '../transport';
import { passwordProblem } from './webreplProtocol';

/** A scan takes a few seconds, a join says something every half second. */
const SILENCE_MS = 30_000;
const PORT = 8266;
const BOOT = '/boot.py';
const CONFIG = '/webrepl_cfg.py';
const CONFIG_MARK = '# Written by mpyfleet: WebREPL and its Wi-Fi';
const BLOCK = /^# >>> mpyfleet webrepl\r?\n[^]*?^# <<< mpyfleet webrepl(\r?\n|$)/m;

/** A Wi-Fi network that the board sees. `signal` in dBm. */
export interface WifiNetwork {
  readonly name: string;
  readonly signal: number;
  readonly open: boolean;
}

export interface WebReplSetup {
  readonly wifi: { readonly name: string; readonly password: string };
  /** WebREPL's own password: 4 to 9 characters. */
  readonly password: string;
  readonly port?: number;
}

/** What the set-up does, in this order. */
export type SetupStep = 'join' | 'password' | 'startUp' | 'reset';

/** The cabled board. */
export interface SetupBoard {
  withSession<T>(
    work: (session: Session) => Promise<T>,
    options?: { secret?: boolean },
  ): Promise<T>;
  readonly files: Pick<BoardFiles, 'read' | 'write' | 'remove'>;
  reset(): Promise<void>;
}

/**
 * The networks that the board sees, strongest first, each name once; hidden ones have no name and are left out.
 * @throws UsageError when the board has no Wi-Fi
 */
export async function scanWifi(session: Session, signal?: AbortSignal): Promise<WifiNetwork[]> {
  const said = await ask(session, wifiScan, signal);
  const best = new Map<string, WifiNetwork>();
  for (const [, hexName = '', dbm, protection] of said.matchAll(
    /^net ([0-9a-f]*) (-?\d+) (\d+)\r?$/gm,
  )) {
    const bytes = Buffer.from(hexName, 'hex');
    const name = text(bytes);
    if (bytes.length === 0 || bytes.length > 32 || name.includes('\0')) continue;
    const network = { name, signal: Number(dbm), open: protection === '0' };
    const known = best.get(name);
    if (!known || known.signal < network.signal) best.set(name, network);
  }
  return [...best.values()].sort((a, b) => b.signal - a.signal);
}

/**
 * Joins the Wi-Fi, writes the passwords and the start-up lines, resets the board.
 * @returns where its WebREPL will be
 * @throws UsageError (a password that cannot be one, a network that does not let the board in), FileError
 */
export async function setUpWebRepl(
  board: SetupBoard,
  setup: WebReplSetup,
  onStep: (step: SetupStep) => void,
  signal?: AbortSignal,
): Promise<Address> {
  const { wifi, password, port = PORT } = setup;
  const problem = passwordProblem(password);
  if (problem) throw new UsageError(problem);
  onStep('join');
  const ip = await board.withSession((session) => joinWifi(session, wifi, signal), {
    secret: true,
  });
  onStep('password');
  const lines = [
    CONFIG_MARK,
    `PASS = ${pyRepr(password)}`,
    `SSID = ${pyRepr(wifi.name)}`,
    `KEY = ${pyRepr(wifi.password)}`,
    `PORT = ${port}`,
  ];
  await board.files.write(CONFIG, utf8(`${lines.join('\n')}\n`), { signal, secret: true });
  onStep('startUp');
  const before = await readText(board, BOOT, signal);
  const after = withStartUp(before ?? '');
  if (after !== before) await board.files.write(BOOT, utf8(after), { signal });
  onStep('reset');
  await board.reset();
  return webreplAddress(`ws://${ip}:${port}`);
}

/** Takes away what {@link setUpWebRepl} has written; what the user wrote stays. */
export async function removeWebRepl(board: SetupBoard, signal?: AbortSignal): Promise<void> {
  const boot = await readText(board, BOOT, signal);
  if (boot !== undefined && boot !== withoutStartUp(boot)) {
    await board.files.write(BOOT, utf8(withoutStartUp(boot)), { signal });
  }
  const config = await readText(board, CONFIG, signal);
  if (config?.startsWith(CONFIG_MARK)) await board.files.remove(CONFIG, { signal });
}

/** boot.py with the start-up lines, once, where they were or else at its end. */
export function withStartUp(boot: string): string {
  const block = webreplBoot.endsWith('\n') ? webreplBoot : `${webreplBoot}\n`;
  if (BLOCK.test(boot)) return boot.replace(BLOCK, () => block);
  return boot === '' || boot.endsWith('\n') ? boot + block : `${boot}\n${block}`;
}

/** boot.py without them. */
export function withoutStartUp(boot: string): string {
  return boot.replace(BLOCK, '');
}

/** @returns the board's IP address */
async function joinWifi(
  session: Session,
  { name, password }: WebReplSetup['wifi'],
  signal?: AbortSignal,
): Promise<string> {
  const code = `${wifiJoin}\njoin(${pyRepr(name)}, ${pyRepr(password)})\ndel join\n`;
  const said = await ask(session, code, signal);
  const ip = /^joined (\d{1,3}(?:\.\d{1,3}){3})\r?$/m.exec(said)?.[1];
  if (ip) return ip;
  switch (/^failed (password|name|time)\r?$/m.exec(said)?.[1]) {
    case 'password':
      throw new UsageError(`The Wi-Fi "${name}" did not accept the password`, {
        hint: 'Run the set-up again with the right password.',
      });
    case 'name':
      throw new UsageError(`The board does not find the Wi-Fi "${name}"`, {
        hint: 'Most boards know only 2.4 GHz networks: move closer, or choose another network.',
      });
    case 'time':
      throw new UsageError(`The board could not join the Wi-Fi "${name}" within half a minute`, {
        hint: 'Check the password, and that the network is in reach on 2.4 GHz.',
      });
    default:
      throw new ProtocolError('The board’s answer about the Wi-Fi makes no sense');
  }
}

async function ask(session: Session, code: string, signal?: AbortSignal): Promise<string> {
  try {
    return text(await session.exec(code, { idleTimeoutMs: SILENCE_MS, signal }));
  } catch (error) {
    if (!(error instanceof PythonError) || !/ImportError|AttributeError/.test(error.type))
      throw error;
    throw new UsageError('This board has no Wi-Fi that MicroPython knows', {
      hint: 'WebREPL needs a board with Wi-Fi, such as an ESP32 or a Pico W.',
      cause: error,
    });
  }
}

async function readText(
  board: SetupBoard,
  path: string,
  signal?: AbortSignal,
): Promise<string | undefined> {
  try {
    return text(await board.files.read(path, { signal }));
  } catch (error) {
    if (error instanceof FileError && error.errno === 'ENOENT') return undefined;
    throw error;
  }
}
