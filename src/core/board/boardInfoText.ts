import type { BoardInfo } from './boardInfo';

/**
 * Facts about a board as name-value pairs for a terminal, tooltip or table. Unknown facts are
 * omitted.
 */
export function infoLines(info: Partial<BoardInfo>): [name: string, value: string][] {
  const lines: [string, string | undefined][] = [
    ['machine', info.machine],
    ['firmware', [info.implementation, info.version].filter(Boolean).join(' ') || undefined],
    ['platform', info.platform],
    ['unique id', info.uid],
    ['mpy', info.mpy && `${info.mpy.version}.${info.mpy.subVersion} ${info.mpy.arch}`.trim()],
    [
      'memory',
      info.memory && `${bytesText(info.memory.free)} free of ${bytesText(info.memory.total)}`,
    ],
    ['flash', info.flash && `${bytesText(info.flash.free)} free of ${bytesText(info.flash.total)}`],
    ['files', info.readOnly ? 'read only' : undefined],
    ['clock', info.time === undefined ? undefined : clockText(info.time)],
  ];
  return lines.filter((line): line is [string, string] => line[1] !== undefined);
}

/**
 * Formats a number of bytes for people: `1.4 MiB`. All sizes that users see come from here. They are
 * in powers of 1024, as makers state a chip's flash and RAM, and the unit says so.
 */
export function bytesText(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const value = bytes / 1024 ** power;
  return `${power === 0 ? value : value.toFixed(value < 10 ? 1 : 0)} ${units[power] ?? ''}`;
}

function clockText(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime())
    ? 'unknown'
    : date.toISOString().replace('T', ' ').slice(0, 19);
}
