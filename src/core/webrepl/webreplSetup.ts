import * as l10n from '@vscode/l10n';
import webreplBoot from '../../../board/snippets/webreplBoot.py';
import wifiJoin from '../../../board/snippets/wifiJoin.py';
import wifiScan from '../../../board/snippets/wifiScan.py';
import type { WebReplAddress } from '../address';
import { webreplAddress } from '../parseAddress';
import type { BoardFiles } from '../boardFiles';
import { text, utf8 } from '../bytes';
import { ProtocolError, PythonError, UsageError } from '../errors';
import { pyRepr } from '../python/python';
import type { Session } from '../transport';
import { parseNetworks, type WifiNetwork } from '../wifiNetworks';
import { passwordProblem } from './webreplProtocol';
import { isMissing, under } from '../files';

/** Silence in milliseconds after which the board is assumed to hang: a scan takes a few seconds, and a join prints every half second. */
const SILENCE_MS = 30_000;
const PORT = 8266;
const CONFIG_MARK = '# Written by mpyfleet: WebREPL and its Wi-Fi';
const BLOCK = /^# >>> mpyfleet webrepl\r?\n[^]*?^# <<< mpyfleet webrepl(\r?\n|$)/m;

/** What a board needs to serve WebREPL. */
export interface WebReplSetup {
  readonly wifi: { readonly name: string; readonly password: string };
  /** WebREPL's own password: 4 to 9 characters. */
  readonly password: string;
  readonly port?: number;
}

/** The steps of the set-up, in order. */
export type SetupStep = 'join' | 'password' | 'startUp' | 'reset';

/** The cabled board. */
export interface SetupBoard {
  withSession<T>(
    work: (session: Session) => Promise<T>,
    options?: { secret?: boolean },
  ): Promise<T>;
  readonly files: Pick<BoardFiles, 'read' | 'write' | 'remove' | 'places'>;
  reset(): Promise<void>;
}

/**
 * Scans for networks in range of the board, strongest first, without duplicate names. Hidden ones
 * have no name and are omitted.
 * @throws UsageError when the board has no Wi-Fi
 */
export async function scanWifi(session: Session, signal?: AbortSignal): Promise<WifiNetwork[]> {
  return parseNetworks(await ask(session, wifiScan, signal));
}

/**
 * Joins the Wi-Fi network, writes the passwords and the start-up lines, and resets the board.
 * @returns the address of its WebREPL
 * @throws UsageError (invalid password, or the network rejects the board), FileError
 */
export async function setUpWebRepl(
  board: SetupBoard,
  setup: WebReplSetup,
  onStep: (step: SetupStep) => void,
  signal?: AbortSignal,
): Promise<WebReplAddress> {
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
  const { boot, config } = await placesOf(board, signal);
  await board.files.write(config, utf8(`${lines.join('\n')}\n`), { signal, secret: true });
  onStep('startUp');
  const before = await readText(board, boot, signal);
  const after = withStartUp(before ?? '');
  if (after !== before) await board.files.write(boot, utf8(after), { signal });
  onStep('reset');
  await board.reset();
  return webreplAddress(`ws://${ip}:${port}`);
}

/** Removes the files and lines that {@link setUpWebRepl} wrote, and keeps the user's own. */
export async function removeWebRepl(board: SetupBoard, signal?: AbortSignal): Promise<void> {
  const places = await placesOf(board, signal);
  const boot = await readText(board, places.boot, signal);
  if (boot !== undefined && boot !== withoutStartUp(boot)) {
    await board.files.write(places.boot, utf8(withoutStartUp(boot)), { signal });
  }
  const config = await readText(board, places.config, signal);
  if (config?.startsWith(CONFIG_MARK)) await board.files.remove(places.config, { signal });
}

/** Returns the paths of the board's start file and of the file with the password. */
async function placesOf({ files }: SetupBoard, signal?: AbortSignal) {
  const { home } = await files.places(signal);
  return { boot: under(home, '/boot.py'), config: under(home, '/webrepl_cfg.py') };
}

/** Returns boot.py with the start-up lines once, at their old position or else at the end. */
export function withStartUp(boot: string): string {
  const block = webreplBoot.endsWith('\n') ? webreplBoot : `${webreplBoot}\n`;
  if (BLOCK.test(boot)) return boot.replace(BLOCK, () => block);
  return boot === '' || boot.endsWith('\n') ? boot + block : `${boot}\n${block}`;
}

/** Returns boot.py without the start-up lines. */
export function withoutStartUp(boot: string): string {
  return boot.replace(BLOCK, '');
}

/** Joins the network. @returns the board's IP address */
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
      throw new UsageError(l10n.t('The Wi-Fi network "{0}" rejected the password', name), {
        hint: l10n.t('Run the setup again with the right password.'),
      });
    case 'name':
      throw new UsageError(l10n.t('The board cannot find the Wi-Fi network "{0}"', name), {
        hint: l10n.t(
          'Most boards support only 2.4 GHz networks: move it closer, or choose another network.',
        ),
      });
    case 'time':
      throw new UsageError(
        l10n.t('The board could not join the Wi-Fi network "{0}" within 30 seconds', name),
        {
          hint: l10n.t(
            'Check the password, and that the board is in range of the network on 2.4 GHz.',
          ),
        },
      );
    default:
      throw new ProtocolError(l10n.t('The board’s answer about the Wi-Fi is invalid'));
  }
}

async function ask(session: Session, code: string, signal?: AbortSignal): Promise<string> {
  try {
    return text(await session.exec(code, { idleTimeoutMs: SILENCE_MS, signal }));
  } catch (error) {
    if (!(error instanceof PythonError) || !/ImportError|AttributeError/.test(error.type))
      throw error;
    throw new UsageError(l10n.t('MicroPython on this board has no Wi-Fi support'), {
      hint: l10n.t('WebREPL needs a board with Wi-Fi, such as an ESP32 or a Pico W.'),
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
    if (isMissing(error)) return undefined;
    throw error;
  }
}
