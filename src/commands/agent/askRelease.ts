import * as vscode from 'vscode';
import { AGENT_VERSION } from '../../core/agent';
import type { Board } from '../../core/board';
import { compareReleases } from '../../core/flash';
import type { NewAgent } from '../../core/many';
import {
  type LoadedAgent,
  loadAgentRelease,
  type LoadedFirmware,
  loadFirmwareUpdate,
} from '../../core/updates';
import { airBoardOf, bundledAgent, loadUrl, trustedKeys } from '../../views/broker';
import type { Needs } from '../../views/context';
import { showInputBox, showWarningMessage } from '../../views/message';
import { namesOf } from '../summary';
import type { Call } from '../types';

/** The agent to bring to boards; only a signed release has `release`. */
export type ChosenAgent = NewAgent & Partial<Pick<LoadedAgent, 'release'>>;

/**
 * Asks which agent boards should get: the one of the extension, or a signed release. Without trusted keys no release would be
 * accepted, so nothing is asked. Undefined: cancelled.
 * @throws UsageError if the release is not signed by a trusted key, DownloadError
 */
export async function askAgent(
  context: Needs<'extension' | 'settings' | 'packages'>,
  call: Call,
): Promise<ChosenAgent | undefined> {
  const trusted = trustedKeys(context);
  if (trusted.length === 0) return bundledAgent(context);
  const filters = { [vscode.l10n.t('Signed release')]: ['json'] };
  const title = vscode.l10n.t('Signed release of the agent (agent.json)');
  const own = {
    label: vscode.l10n.t('$(package) Agent {0} of this extension', AGENT_VERSION),
    from: () => Promise.resolve(undefined),
  };
  const places = [
    fromFile(vscode.l10n.t('$(file) A signed release in a file…'), title, filters),
    fromAddress(vscode.l10n.t('$(link) A signed release at an address…'), title),
  ];
  const picked = await call.ask(() =>
    vscode.window.showQuickPick([own, ...places], {
      title: vscode.l10n.t('Which agent?'),
      ignoreFocusOut: true,
    }),
  );
  if (picked === own) return bundledAgent(context);
  const from = picked && (await call.ask(() => picked.from()));
  if (from === undefined) return undefined;
  call.report(vscode.l10n.t('Checking the release'));
  return loadAgentRelease(from, loadUrl(context, call.signal), trusted);
}

/**
 * Asks for firmware and for confirmation to write it. Undefined: cancelled.
 * @throws UsageError if a manifest is not signed by a trusted key, DownloadError
 */
export async function askFirmware(
  context: Needs<'settings' | 'brokers' | 'history' | 'packages'>,
  boards: readonly Board[],
  call: Call,
): Promise<LoadedFirmware | undefined> {
  const trusted = trustedKeys(context);
  const title = vscode.l10n.t(
    'Firmware for {0} (the image for updates, .app-bin or .bin, or its signed manifest)',
    namesOf(boards),
  );
  const filters = { [vscode.l10n.t('Firmware')]: ['bin', 'app-bin', 'json'] };
  const picked = await call.ask(() =>
    vscode.window.showQuickPick(
      [
        fromFile(vscode.l10n.t('$(file) A file…'), title, filters),
        fromAddress(vscode.l10n.t('$(link) An address…'), title),
      ],
      { title: vscode.l10n.t('Which firmware?'), ignoreFocusOut: true },
    ),
  );
  const from = picked && (await call.ask(() => picked.from()));
  if (from === undefined) return undefined;
  call.report(vscode.l10n.t('Checking the firmware'));
  const firmware = await loadFirmwareUpdate(from, loadUrl(context, call.signal), trusted);
  const write = vscode.l10n.t('Update');
  const answer = await call.ask(() =>
    showWarningMessage(
      vscode.l10n.t('Write {0} to {1}?', firmware.label, namesOf(boards)),
      {
        modal: true,
        detail: detailOf(context, firmware, { boards, isSigner: trusted.length > 0 }),
      },
      write,
    ),
  );
  return answer === write ? firmware : undefined;
}

/** Describes what the user should know before firmware is written. */
function detailOf(
  context: Needs<'brokers' | 'history'>,
  { signed }: LoadedFirmware,
  { boards, isSigner }: { readonly boards: readonly Board[]; readonly isSigner: boolean },
): string {
  const older = signed
    ? boards.filter((board) => {
        const runs = airBoardOf(context, board).control.birth?.fw;
        return runs !== undefined && (compareReleases(signed.version, runs) ?? 0) < 0;
      })
    : [];
  const lines = [
    ...(!signed && isSigner ? [vscode.l10n.t('It is not signed by a key that you trust.')] : []),
    ...(older.length > 0
      ? [vscode.l10n.t('It is older than the firmware of {0}.', namesOf(older))]
      : []),
    vscode.l10n.t(
      'The old firmware is kept and restored if the new one does not reach the broker.',
    ),
  ];
  return lines.join('\n\n');
}

/** An entry whose `from` asks for a place and returns its URL, or undefined if the user cancelled. */
interface PlaceItem extends vscode.QuickPickItem {
  readonly from: () => Promise<string | undefined>;
}

function fromFile(label: string, title: string, filters: Record<string, string[]>): PlaceItem {
  const from = async () => {
    const files = await vscode.window.showOpenDialog({ title, filters });
    return files?.[0]?.toString();
  };
  return { label, from };
}

function fromAddress(label: string, title: string): PlaceItem {
  const from = async () => {
    const url = await showInputBox({
      title,
      placeHolder: 'https://example.org/agent.json',
      validateInput: (text) =>
        URL.canParse(text.trim()) && /^https?:\/\//i.test(text.trim())
          ? undefined
          : vscode.l10n.t('Enter an address with https://.'),
    });
    return url === undefined ? undefined : new URL(url.trim()).href;
  };
  return { label, from };
}
