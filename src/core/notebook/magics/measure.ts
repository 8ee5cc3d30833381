import * as l10n from '@vscode/l10n';
import { bytesText } from '../../board';
import { ProtocolError, UsageError } from '../../errors';
import { pyRepr } from '../../python/python';
import type { Magic, MagicCall } from '../magic';
import { heapSvg } from '../svg';

/** Shortest time of one measurement in microseconds, unless the number of loops is given. */
const ENOUGH_US = 100_000;

function count(call: MagicCall, option: string, fallback: number): number {
  const value = Number(call.args.value(option) ?? fallback);
  if (Number.isInteger(value) && value >= 0 && value <= 1_000_000) return value;
  throw new UsageError(l10n.t('--{0} takes a number from 1 to 1000000', option));
}

/** Returns Python that measures `code` on the board, and prints the number of loops and then the microseconds of each run. */
export function timeitCode(code: string, loops: number, repeats: number): string {
  return [
    'import time',
    'try:__c=compile(' + pyRepr(code) + ",'<stdin>','exec')",
    `except NameError:__c=${pyRepr(code)}`,
    'try:__n,__d=time.ticks_us,time.ticks_diff',
    'except AttributeError:__n,__d=(lambda:time.monotonic_ns()//1000),(lambda a,b:a-b)',
    'def __m(n):',
    ' t=__n()',
    ' for _ in range(n):exec(__c,globals())',
    ' return __d(__n(),t)',
    `__l=${loops}`,
    'if not __l:',
    ' __l=1',
    ` while __m(__l)<${ENOUGH_US} and __l<1000000:__l*=10 if __l<100 else 2`,
    `print(__l,*[__m(__l) for _ in range(${repeats})])`,
    'del __c,__n,__d,__m,__l',
    '',
  ].join('\n');
}

async function timeit(call: MagicCall, code: string): Promise<void> {
  const { kernel, out, signal } = call;
  const loops = count(call, 'number', 0);
  const repeats = Math.max(1, count(call, 'repeat', 3));
  if (code.trim() === '') throw new UsageError(l10n.t('The cell has no code to measure'));
  const printed = await kernel.ask(timeitCode(code, loops, repeats), 'Measuring', signal);
  const last = printed.trim().split('\n').at(-1) ?? '';
  const [each = 0, ...runs] = last.split(' ').map(Number);
  if (runs.length !== repeats || !runs.every(Number.isFinite) || !(each > 0)) {
    throw new ProtocolError(l10n.t('The board did not return its measurements'));
  }
  out.text(`${timeitText(each, runs)}\n`);
}

/** Formats the result in IPython's words; `runs` are the times of whole runs in microseconds. */
export function timeitText(loops: number, runs: readonly number[]): string {
  const per = runs.map((us) => us / loops);
  const mean = per.reduce((a, b) => a + b, 0) / per.length;
  const deviation = Math.sqrt(per.reduce((a, b) => a + (b - mean) ** 2, 0) / per.length);
  const s = (n: number, word: string) => `${n} ${word}${n === 1 ? '' : 's'}`;
  return `${duration(mean)} ± ${duration(deviation)} per loop (mean ± std. dev. of ${s(runs.length, 'run')}, ${s(loops, 'loop')} each)`;
}

function duration(us: number): string {
  const [value, unit] =
    us >= 1e6
      ? [us / 1e6, 's']
      : us >= 1e3
        ? [us / 1e3, 'ms']
        : us >= 1 || us === 0
          ? [us, 'µs']
          : [us * 1e3, 'ns'];
  return `${Number(value.toPrecision(3))} ${unit}`;
}

const MEMORY = [
  'import gc',
  'gc.collect()',
  'print(gc.mem_free(),gc.mem_alloc())',
  'try:',
  ' import micropython',
  ' micropython.mem_info(1)',
  'except(ImportError,AttributeError,TypeError):pass',
  '',
].join('\n');

async function memory({ kernel, out, signal }: MagicCall): Promise<void> {
  const printed = await kernel.ask(MEMORY, 'Reading the memory', signal);
  const [free, used] = /^(\d{1,12}) (\d{1,12})\r?\n/.exec(printed)?.slice(1).map(Number) ?? [];
  if (free === undefined || used === undefined) {
    throw new ProtocolError(l10n.t('The board did not report its memory'));
  }
  const total = free + used;
  const percent = ((100 * used) / Math.max(1, total)).toFixed(0);
  const words = `${bytesText(used)} used (${percent}%), ${bytesText(free)} free of ${bytesText(total)}`;
  out.text(`${words}\n`);
  const cells = heapCells(printed);
  if (cells.length > 0) {
    out.display({ 'image/svg+xml': heapSvg(cells, words), 'text/plain': words });
  }
}

const CELLS = 96 * 24;
/** Blocks in one line of MicroPython's map (py/gc.c, gc_dump_alloc_table). */
const LINE_BLOCKS = 64;
const BLOCKS_LIMIT = 1 << 24;

/** Returns the used fraction of each equal part of the heap, from the output of `micropython.mem_info(1)`. */
export function heapCells(printed: string): number[] {
  const runs: { used: number; blocks: number }[] = [];
  let blocks = 0;
  for (const line of printed.split(/\r?\n/)) {
    const free = /^ *\((\d{1,9}) lines? all free\)/.exec(line);
    const row = /^[0-9a-f]{4,}: ([^ ]{1,64})$/i.exec(line);
    const more = free ? Number(free[1]) * LINE_BLOCKS : (row?.[1]?.length ?? 0);
    if (more === 0 || blocks + more > BLOCKS_LIMIT) continue;
    blocks += more;
    if (free) runs.push({ used: 0, blocks: more });
    else for (const c of row?.[1] ?? '') runs.push({ used: c === '.' ? 0 : 1, blocks: 1 });
  }
  if (blocks === 0) return [];
  const size = Math.max(1, Math.ceil(blocks / CELLS));
  const cells = new Array<number>(Math.ceil(blocks / size)).fill(0);
  let at = 0;
  for (const { used, blocks: n } of runs) {
    if (used) cells[Math.floor(at / size)] = (cells[Math.floor(at / size)] ?? 0) + 1 / size;
    at += n;
  }
  return cells;
}

const options = [
  {
    short: '-n',
    long: '--number',
    value: 'N',
    help: () => l10n.t('loops per run; default: as many as take 0.1 s'),
  },
  { short: '-r', long: '--repeat', value: 'R', help: () => l10n.t('number of runs; default: 3') },
];

/** Magics that measure time and memory. */
export const measureMagics: readonly Magic[] = [
  {
    name: '%timeit',
    summary: () => l10n.t('Measure how long a statement takes on the microcontroller.'),
    options,
    args: [{ name: 'statement', help: () => l10n.t('the statement to measure'), count: 'rest' }],
    run: (call) => timeit(call, call.args.first ?? ''),
  },
  {
    name: '%%timeit',
    summary: () => l10n.t('Measure how long the cell takes on the microcontroller.'),
    options,
    run: (call) => timeit(call, call.body),
  },
  {
    name: '%memory',
    summary: () => l10n.t('Memory of the microcontroller: used, free, and a map of it.'),
    run: memory,
  },
];
