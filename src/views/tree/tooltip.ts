import * as vscode from 'vscode';
import type { Board } from '../../core/board/board';
import { bytesText } from '../../core/board/boardInfoText';
import { linkName } from './boardLook';

/** Longest text from a board that is shown in one row. */
const LIMIT = 120;

/** Everything known of a board as a table. All texts are escaped: names and details come from boards and brokers. */
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

type Row = [string, string | undefined];

function boardRows(board: Board, state: string, tags: readonly string[]): Row[] {
  const t = vscode.l10n.t;
  const { info } = board;
  const mpy = info?.mpy;
  return [
    [t('State'), state],
    [t('Firmware'), info?.version && `${info.implementation ?? ''} ${info.version}`],
    [t('Hardware'), info?.machine],
    [t('Platform'), info?.platform],
    [t('Unique id'), board.uid],
    [t('Free memory'), share(info?.memory)],
    [t('Free flash'), share(info?.flash)],
    [t('.mpy files'), mpy && `v${mpy.version}.${mpy.subVersion} ${mpy.arch}`],
    [t('Files'), info?.readOnly ? t('read-only') : undefined],
    [t('Tags'), tags.join(', ')],
  ];
}

function linkRows({ found }: Board['links'][number]): Row[] {
  const t = vscode.l10n.t;
  const usb = found.usb;
  const labels = agentLabels();
  return [
    [linkName(found.address.kind), found.address.rest],
    [t('USB device'), usb && [usb.manufacturer, usb.product].filter(Boolean).join(' ')],
    [t('USB ids'), usb && `${usb.vendorId}:${usb.productId}`],
    [t('Serial number'), usb?.serialNumber],
    ...Object.entries(found.details ?? {})
      .filter(([, value]) => value !== found.address.rest)
      .map(([key, value]): Row => [labels[key] ?? escape(key), value]),
  ];
}

/** What a board behind a broker tells of itself. */
function agentLabels(): Partial<Record<string, string>> {
  const t = vscode.l10n.t;
  return {
    broker: t('Broker'),
    agent: t('Agent'),
    mode: t('Orders'),
    boot: t('This start'),
    reset: t('Cause of the start'),
    tags: t('Tags on the board'),
    safe: t('Safe mode'),
    trial: t('On trial'),
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
