import { fullPlace } from '../../core/address';
import * as vscode from 'vscode';
import { type Board, boardZone, bytesText } from '../../core/board';
import { offsetText } from '../../core/many';
import { shownTime } from '../../core/shownTime';
import { timeInZone } from '../../core/timeZone';
import { linkName } from './boardLook';

/** Longest text from a board that is shown in one row. */
const LIMIT = 120;
/** Difference, in milliseconds, up to which a clock counts as correct. */
const CLOCK_MS = 5_000;

/**
 * Returns all facts about a board as a table. All texts are escaped, because names and details come
 * from boards and brokers.
 */
export function boardTooltip(
  board: Board,
  state: string,
  tags: readonly string[],
): vscode.MarkdownString {
  const rows = [
    ...boardRows(board, state, tags),
    ...board.links.flatMap((link) => linkRows(link)),
  ].filter((row): row is [string, string] => row[1] !== undefined && row[1] !== '');
  const markdown = new vscode.MarkdownString();
  markdown.appendMarkdown(`**${escape(board.name)}**\n\n| | |\n|---|---|\n`);
  for (const [label, value] of rows) markdown.appendMarkdown(`| ${label} | ${escape(value)} |\n`);
  return markdown;
}

/**
 * Returns a board's description of itself as name-value pairs in the user's language; unknown facts
 * are omitted.
 */
export function factLines(board: Board): [string, string][] {
  const details = board.links.map(({ found }) => found.details).find((d) => d?.agent !== undefined);
  const agent: Row = [vscode.l10n.t('Agent'), details && agentText(details)];
  return [...boardRows(board, '', []), agent].filter((row): row is [string, string] =>
    Boolean(row[1]),
  );
}

/** Returns the version of a board's agent, and whether it is part of the firmware. */
export function agentText({ agent, frozen }: Partial<Record<string, string>>): string | undefined {
  if (agent === undefined || frozen === undefined) return agent;
  return vscode.l10n.t('{0}, frozen in the firmware', agent);
}

type Row = [string, string | undefined];

function boardRows(board: Board, state: string, tags: readonly string[]): Row[] {
  const { info } = board;
  const mpy = info?.mpy;
  return [
    [vscode.l10n.t('State'), state],
    [vscode.l10n.t('Firmware'), info?.version && `${info.implementation ?? ''} ${info.version}`],
    [vscode.l10n.t('Hardware'), info?.machine],
    [vscode.l10n.t('Platform'), info?.platform],
    [vscode.l10n.t('Unique ID'), board.uid],
    [vscode.l10n.t('Free memory'), share(info?.memory)],
    [vscode.l10n.t('Free flash'), share(info?.flash)],
    [vscode.l10n.t('.mpy files'), mpy && `v${mpy.version}.${mpy.subVersion} ${mpy.arch}`],
    [vscode.l10n.t('Files'), info?.readOnly ? vscode.l10n.t('read-only') : undefined],
    [vscode.l10n.t('Clock'), clockText(board)],
    [vscode.l10n.t('Tags'), tags.join(', ')],
  ];
}

/** Returns the time on the board now, and its difference from this computer's. */
function clockText({ clock, links }: Board): string | undefined {
  if (!clock) return undefined;
  const time = shownTime(Date.now() + clock.offset);
  const zone = boardZone(links);
  if (clock.isUtc && zone !== undefined) return timeInZone(Date.now(), zone);
  if (clock.isUtc) return vscode.l10n.t('{0} (UTC)', time);
  return Math.abs(clock.offset) < CLOCK_MS ? time : `${time} (${offsetText(clock.offset)})`;
}

function linkRows({ found }: Board['links'][number]): Row[] {
  const usb = found.usb;
  const labels = agentLabels();
  return [
    [linkName(found.address.kind), fullPlace(found.address)],
    [vscode.l10n.t('USB device'), usb && [usb.manufacturer, usb.product].filter(Boolean).join(' ')],
    [vscode.l10n.t('USB IDs'), usb && `${usb.vendorId}:${usb.productId}`],
    [vscode.l10n.t('Serial number'), usb?.serialNumber],
    ...Object.entries(found.details ?? {})
      .filter(([key, value]) => key !== 'frozen' && value !== fullPlace(found.address))
      .map(([key, value]): Row => [
        labels[key] ?? escape(key),
        key === 'agent' ? agentText(found.details ?? {}) : value,
      ]),
  ];
}

/** Returns the facts that a board behind a broker announces. */
function agentLabels(): Partial<Record<string, string>> {
  return {
    broker: vscode.l10n.t('Broker'),
    agent: vscode.l10n.t('Agent'),
    mode: vscode.l10n.t('Mode'),
    boot: vscode.l10n.t('Boot ID'),
    reset: vscode.l10n.t('Last reset'),
    timezone: vscode.l10n.t('Time zone'),
    beacon: vscode.l10n.t('ID in its beacon'),
    tags: vscode.l10n.t('Tags on the board'),
    safe: vscode.l10n.t('Safe mode'),
    broken: vscode.l10n.t('Failed modules'),
    trial: vscode.l10n.t('On trial'),
  };
}

function share(space: { free: number; total: number } | undefined): string | undefined {
  return space && vscode.l10n.t('{0} of {1}', bytesText(space.free), bytesText(space.total));
}

/** Makes `value` mean nothing but itself in a Markdown table cell. */
export function escape(value: string): string {
  const short = value.length > LIMIT ? `${value.slice(0, LIMIT)}…` : value;
  return short
    .replace(/[\r\n\t\0]+/g, ' ')
    .replace(/[\\`*_{}[\]()#+\-.!|~$:]/g, '\\$&')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;');
}
