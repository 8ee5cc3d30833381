import { execFile } from 'node:child_process';
import * as l10n from '@vscode/l10n';
import { ACCESS_POINT, accessPointPassword, type BoardKey } from '../agent';
import { UsageError } from '../errors';

/** A Wi-Fi network that this computer sees. */
export interface NearNetwork {
  readonly ssid: string;
  /** Percent; undefined if the system does not report it. */
  readonly signal: number | undefined;
}

/** A board that has opened its own access point (docs/setup.md, "Without a cable"). */
export interface NearBoard extends NearNetwork {
  /** Undefined: a board whose key this computer does not have. */
  readonly uid: string | undefined;
  readonly password: string | undefined;
}

/** Runs a program of the system. @returns its output; undefined if it does not exist or fails */
export type RunTool = (program: string, args: readonly string[]) => Promise<string | undefined>;

/** Address of the page of a board's access point, the same on all boards. */
export const ACCESS_POINT_PAGE = 'http://192.168.4.1/';

const MOST = 200;
const MOST_OUTPUT = 1024 * 1024; // bytes
/** Time limit of a tool in milliseconds: a scan takes some seconds, and a tool without an adapter may hang. */
const TOOL_MS = 20_000;
const LONGEST = 32; // bytes of a network's name, IEEE 802.11
const AIRPORT =
  '/System/Library/PrivateFrameworks/Apple80211.framework/Versions/Current/Resources/airport';

const NMCLI = ['-t', '-f', 'SSID,SIGNAL', 'device', 'wifi', 'list'] as const;

/** The tools that list networks, in the order in which they are tried. */
const TOOLS: Partial<
  Record<NodeJS.Platform, readonly [string, readonly string[], (text: string) => NearNetwork[]][]>
> = {
  // nmcli's list may be 30 s old and lack the network of a board. Not every user may request a new scan.
  linux: [
    ['nmcli', [...NMCLI, '--rescan', 'yes'], fromNmcli],
    ['nmcli', NMCLI, fromNmcli],
  ],
  win32: [['netsh', ['wlan', 'show', 'networks', 'mode=bssid'], fromNetsh]],
  // macOS 14.4 and later have no `airport`.
  darwin: [
    [AIRPORT, ['-s'], fromAirport],
    ['system_profiler', ['SPAirPortDataType', '-json'], fromProfiler],
  ],
};

/** Runs a program of this computer, in English if the program allows it. */
export const runTool: RunTool = (program, args) =>
  new Promise((resolve) => {
    const env = { ...process.env, LC_ALL: 'C.UTF-8' };
    const options = { env, timeout: TOOL_MS, maxBuffer: MOST_OUTPUT, windowsHide: true };
    execFile(program, [...args], options, (error, out) => resolve(error ? undefined : out));
  });

/** Lists the Wi-Fi networks in range, strongest first. @returns undefined if this system has no tool for it */
export async function nearNetworks(
  run: RunTool,
  platform: NodeJS.Platform = process.platform,
): Promise<NearNetwork[] | undefined> {
  for (const [program, args, parse] of TOOLS[platform] ?? []) {
    const text = await run(program, args);
    if (text === undefined) continue;
    const best = new Map<string, NearNetwork>();
    for (const network of parse(text).slice(0, MOST)) {
      const { ssid, signal = 0 } = network;
      if (ssid === '' || Buffer.byteLength(ssid) > LONGEST) continue;
      if (signal >= (best.get(ssid)?.signal ?? 0)) best.set(ssid, network);
    }
    return [...best.values()].sort((a, b) => (b.signal ?? 0) - (a.signal ?? 0));
  }
  return undefined;
}

/** Returns the networks that are access points of boards, with the passwords of boards whose admin key is known. */
export function boardsNear(
  networks: readonly NearNetwork[],
  keyOf: (uid: string) => Promise<BoardKey | undefined>,
): Promise<NearBoard[]> {
  const boards = networks.filter(({ ssid }) => ssid.startsWith(ACCESS_POINT));
  return Promise.all(
    boards.map(async (network) => {
      const uid = network.ssid.slice(ACCESS_POINT.length);
      if (!/^[0-9a-f]{2,64}$/.test(uid)) return { ...network, uid: undefined, password: undefined };
      const { key, role, name } = (await keyOf(uid)) ?? {};
      const isAdmin = key !== undefined && role === 'admin' && name === undefined;
      return { ...network, uid, password: isAdmin ? accessPointPassword(key, uid) : undefined };
    }),
  );
}

/**
 * Returns the board whose network a phone shows, for computers that cannot list networks or are too far away.
 * @param name of the network, or the unique id of the board
 * @throws UsageError if it is neither
 */
export async function boardNamed(
  name: string,
  keyOf: (uid: string) => Promise<BoardKey | undefined>,
): Promise<NearBoard> {
  const uid = name.trim().toLowerCase().replace(ACCESS_POINT, '');
  const [board] = await boardsNear([{ ssid: ACCESS_POINT + uid, signal: undefined }], keyOf);
  if (board?.uid !== undefined) return board;
  throw new UsageError(l10n.t('"{0}" is not the name of a network that a board opens', name), {
    hint: l10n.t('It is {0} and the unique id of the board.', ACCESS_POINT),
  });
}

/** Explains how to connect to a board's access point by hand. */
export function byHand(): string {
  return l10n.t(
    'Switch the board off and on. Within a minute, join the network "{0}…" with a phone or a computer, and open {1}',
    ACCESS_POINT,
    ACCESS_POINT_PAGE,
  );
}

/** Parses lines `SSID:SIGNAL`, with `\:` for a colon in a name. https://networkmanager.dev/docs/api/latest/nmcli.html */
function fromNmcli(text: string): NearNetwork[] {
  return text.split('\n').flatMap((line) => {
    const [, ssid = '', signal] = /^((?:[^\\:]|\\.)*):(\d+)$/.exec(line.trim()) ?? [];
    return ssid === '' ? [] : [{ ssid: ssid.replace(/\\(.)/g, '$1'), signal: Number(signal) }];
  });
}

/** Parses the output of netsh, which is in the system's language: "SSID" is the same in all, and only the signal is in percent. */
function fromNetsh(text: string): NearNetwork[] {
  return text.split(/^\s*SSID \d+\s*:/m).flatMap((part, at) => {
    const ssid = part.split(/\r?\n/, 1)[0]?.trim() ?? '';
    if (at === 0 || ssid === '') return [];
    const percents = [...part.matchAll(/:\s*(\d{1,3})\s?%/g)].map(([, n]) => Number(n));
    return [{ ssid, signal: percents.length > 0 ? Math.max(...percents) : undefined }];
  });
}

/** Parses the columns of airport: name, right-aligned; BSSID (hidden from most programs); RSSI in dBm. */
function fromAirport(text: string): NearNetwork[] {
  return text.split('\n').flatMap((line) => {
    const [, ssid = '', rssi] =
      /^\s*(\S.*?)\s+(?:[\da-f]{2}(?::[\da-f]{2}){5}\s+)?(-\d+)\s/.exec(line) ?? [];
    return ssid === '' ? [] : [{ ssid, signal: percentOf(Number(rssi)) }];
  });
}

function fromProfiler(text: string): NearNetwork[] {
  const found: NearNetwork[] = [];
  const seen = (value: unknown, depth: number): void => {
    if (typeof value !== 'object' || value === null || depth > 8) return;
    const { _name: ssid, spairport_signal_noise: noise } = value as Record<string, unknown>;
    if (typeof ssid === 'string' && typeof noise === 'string') {
      const rssi = /^(-\d+) dBm/.exec(noise)?.[1];
      found.push({ ssid, signal: rssi === undefined ? undefined : percentOf(Number(rssi)) });
    }
    for (const part of Object.values(value)) seen(part, depth + 1);
  };
  try {
    seen(JSON.parse(text), 0);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return found;
}

/** Converts a signal strength to percent like Windows: -50 dBm or more is 100 %, -100 dBm is 0 %. */
function percentOf(dBm: number): number {
  return Math.min(100, Math.max(0, 2 * (dBm + 100)));
}
