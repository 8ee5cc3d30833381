import * as l10n from '@vscode/l10n';
import probeSnippet from '../../../board/snippets/agentProbe.py';
import wifiSnippet from '../../../board/snippets/wifiScan.py';
import { isPlaceholderUid } from '../board';
import type { BoardFiles } from '../boardFiles';
import { text } from '../bytes';
import { UsageError } from '../errors';
import { parseJson } from '../json';
import { parseNetworks } from '../wifiNetworks';
import { type AgentFit, checkMemory } from './agentFit';

/** What installing needs from the board. */
export interface InstallTarget {
  readonly name: string;
  readonly files: BoardFiles;
  exec(
    code: string,
    options: { signal?: AbortSignal; job?: string; looks?: boolean },
  ): Promise<Uint8Array>;
}

/** A network that the board receives. */
export interface WifiNetwork {
  readonly ssid: string;
  /** dBm. */
  readonly rssi: number;
  readonly open: boolean;
}

/**
 * Reads the board's properties without changing anything.
 * @throws UsageError, with the reason, if the agent cannot run on it
 */
export async function examine(board: InstallTarget, signal?: AbortSignal): Promise<AgentFit> {
  const out = await board.exec(probeSnippet, {
    signal,
    job: l10n.t('Checking the board'),
    looks: true,
  });
  const said = parseJson(out);
  const number = (key: string) => (typeof said[key] === 'number' ? said[key] : 0);
  const words = (key: string) => (typeof said[key] === 'string' ? said[key].slice(0, 64) : '');
  if (number('asyncio') === 0 || number('socket') === 0) {
    throw new UsageError(
      number('socket') === 0
        ? l10n.t('The firmware of {0} has no network: the agent cannot run on it', board.name)
        : l10n.t('The firmware of {0} has no asyncio: the agent cannot run on it', board.name),
      {
        hint: l10n.t('Use a board with Wi-Fi or Ethernet and a current MicroPython.'),
      },
    );
  }
  if (number('random') === 0) {
    throw new UsageError(
      l10n.t('The firmware of {0} has no os.urandom: the agent cannot run on it', board.name),
      {
        hint: l10n.t(
          'Without random numbers the agent could not distinguish new messages from replayed ones. Nothing was written. Use a firmware with the hardware random number generator, or reach the board by cable, WebREPL or "Share with Colleagues".',
        ),
      },
    );
  }
  checkMemory(board.name, words('platform'), number('heap'), words('frozen') !== '');
  if (!/^[0-9a-f]{2,64}$/.test(words('uid')) || isPlaceholderUid(words('uid'))) {
    throw new UsageError(
      l10n.t('{0} has no unique id, so a broker could not identify it', board.name),
    );
  }
  return {
    uid: words('uid'),
    platform: words('platform'),
    mpyVersion: number('mpy') & 0xff,
    hasWifi: number('wlan') === 1,
    frozen: words('frozen'),
    ip: words('ip'),
  };
}

/** Scans for Wi-Fi networks in range of the board, strongest first. */
export async function scanWifi(board: InstallTarget, signal?: AbortSignal): Promise<WifiNetwork[]> {
  const out = await board.exec(wifiSnippet, {
    signal,
    job: l10n.t('Looking for Wi-Fi networks'),
    looks: true,
  });
  return parseNetworks(text(out)).map(({ name, signal: rssi, open }) => ({
    ssid: name,
    rssi,
    open,
  }));
}
