import * as l10n from '@vscode/l10n';
import { UsageError } from '../errors';

/** One option of a magic. */
export interface OptionSpec {
  /** `-a`. */
  readonly short?: string;
  /** `--all`. */
  readonly long: string;
  /** Name of its value in the help. Without it the option is a switch. */
  readonly value?: string;
  /** Its help in the user's language, which is not known yet when this module is loaded. */
  readonly help: () => string;
  /** Accepted for compatibility with IoT Kernel, without effect and not listed in the help. */
  readonly hidden?: boolean;
}

/** A positional argument. */
export interface ArgumentSpec {
  readonly name: string;
  readonly help: () => string;
  /** `rest`: the rest of the line, as written. */
  readonly count: 'one' | 'optional' | 'any' | 'some' | 'rest';
}

/** The syntax of a magic. */
export interface MagicSpec {
  /** With its `%` or `%%`. */
  readonly name: string;
  readonly summary: () => string;
  /** More text for its help. */
  readonly more?: () => string;
  readonly options?: readonly OptionSpec[];
  readonly args?: readonly ArgumentSpec[];
}

/** The parsed arguments of a call. Options are stored by their long names without dashes. */
export interface MagicArgs {
  has(option: string): boolean;
  value(option: string): string | undefined;
  /** Positional arguments in order, without quotes. */
  readonly args: readonly string[];
  /** The first argument. */
  readonly first: string | undefined;
  /** `-h` was given: show the help and do nothing. */
  readonly help: boolean;
}

const HELP: OptionSpec = {
  short: '-h',
  long: '--help',
  help: () => l10n.t('show this help message and exit'),
};

/**
 * Parses the rest of a magic's line by its specification: quotes as in a shell, combined switches (`-rf`), `--option=value`.
 * @throws UsageError with the usage in argparse's form, which users of IoT Kernel know
 */
export function parseMagicArgs(spec: MagicSpec, line: string): MagicArgs {
  const wrong = (why: string) =>
    new UsageError(l10n.t('{0}\n{1}: error: {2}', usage(spec), spec.name, why));
  const options = [HELP, ...(spec.options ?? [])];
  const takesRest = spec.args?.at(-1)?.count === 'rest';
  const given = new Map<string, string>();
  const args: string[] = [];
  const words = splitWords(line, wrong);
  const fixed = takesRest ? spec.args.length - 1 : Infinity;
  let plain = false;
  for (let at = 0; at < words.length; at++) {
    const word = words[at];
    if (!word) break;
    if (args.length >= fixed && (plain || word.quoted || !/^--?\w/.test(word.text))) {
      args.push(line.slice(word.at).trim());
      break;
    }
    if (plain || word.quoted || !/^-./.test(word.text)) args.push(word.text);
    else if (word.text === '--') plain = true;
    else {
      for (const [option, inline] of optionsIn(word.text, options, wrong)) {
        if (option.value === undefined) given.set(option.long.slice(2), '');
        else {
          const value = inline ?? words[++at]?.text;
          if (value === undefined) throw wrong(`argument ${option.long}: expected one argument`);
          given.set(option.long.slice(2), value);
        }
      }
    }
  }
  const help = given.has('help');
  if (!help) checkCount(spec, args, wrong);
  return {
    has: (option) => given.has(option),
    value: (option) => given.get(option),
    args,
    first: args[0],
    help,
  };
}

type Wrong = (why: string) => UsageError;

function optionsIn(
  word: string,
  options: readonly OptionSpec[],
  wrong: Wrong,
): [OptionSpec, string | undefined][] {
  const unknown = () => wrong(`unrecognized arguments: ${word}`);
  if (word.startsWith('--')) {
    const [, name = '', value] = /^(--[^=]+)(?:=([^]*))?$/.exec(word) ?? [];
    // IoT Kernel uses --upload_only.
    const long = name.replaceAll('_', '-');
    const exact = options.filter((o) => o.long === long);
    const [option, other] =
      exact.length > 0 ? exact : options.filter((o) => o.long.startsWith(long));
    if (!option || other) throw unknown();
    return [[option, value]];
  }
  const letters = Array.from(word.slice(1));
  return letters.map((letter, i): [OptionSpec, string | undefined] => {
    const option = options.find((o) => o.short === `-${letter}`);
    if (!option || (option.value !== undefined && i < letters.length - 1)) throw unknown();
    return [option, undefined];
  });
}

function checkCount(spec: MagicSpec, args: readonly string[], wrong: Wrong): void {
  const specs = spec.args ?? [];
  const missing = specs.filter(
    ({ count }, i) => args.length <= i && (count === 'one' || count === 'some'),
  );
  if (missing.length > 0) {
    const names = missing.map((a) => a.name).join(', ');
    throw wrong(`the following arguments are required: ${names}`);
  }
  const open = specs.some(({ count }) => count === 'any' || count === 'some');
  const extra = open ? [] : args.slice(specs.length);
  if (extra.length > 0) throw wrong(`unrecognized arguments: ${extra.join(' ')}`);
}

interface Word {
  readonly text: string;
  readonly quoted: boolean;
  readonly at: number;
}

/** Splits a line into words. A backslash escapes only a quote, a blank or itself, so Windows paths need no escaping. */
function splitWords(line: string, wrong: Wrong): Word[] {
  const words: Word[] = [];
  let text: string | undefined;
  let quoted = false;
  let begin = 0;
  let quote = '';
  for (let at = 0; at < line.length; at++) {
    const char = line.charAt(at);
    if (text === undefined && /\s/.test(char)) continue;
    if (text === undefined) [text, quoted, begin] = ['', false, at];
    const next = line.charAt(at + 1);
    if (char === '\\' && next !== '' && /["'\s\\]/.test(next) && quote !== "'") {
      text += next;
      at++;
    } else if (quote !== '') {
      if (char === quote) quote = '';
      else text += char;
    } else if (char === '"' || char === "'") {
      quote = char;
      quoted = true;
    } else if (/\s/.test(char)) {
      words.push({ text, quoted, at: begin });
      text = undefined;
    } else text += char;
  }
  if (quote !== '') throw wrong(`the quote ${quote} is not closed`);
  if (text !== undefined) words.push({ text, quoted, at: begin });
  return words;
}

function shownOptions({ options = [] }: MagicSpec): OptionSpec[] {
  return [HELP, ...options.filter((o) => o.hidden !== true)];
}

/** Returns `usage: %discover [-h] [-a] [-v]`. */
export function usage(spec: MagicSpec): string {
  const options = shownOptions(spec).map((o) => {
    const name = o.short ?? o.long;
    return o.value === undefined ? `[${name}]` : `[${name} ${o.value}]`;
  });
  const args = (spec.args ?? []).map(({ name, count }) => {
    switch (count) {
      case 'one':
        return name;
      case 'optional':
        return `[${name}]`;
      case 'some':
        return `${name} [${name} ...]`;
      default:
        return `[${name} ...]`;
    }
  });
  return `usage: ${[spec.name, ...options, ...args].join(' ')}`;
}

/** Returns the help of a magic in argparse's form. */
export function helpText(spec: MagicSpec): string {
  const args = (spec.args ?? []).map((a): [string, string] => [a.name, a.help()]);
  const options = shownOptions(spec).map((o): [string, string] => {
    const value = o.value === undefined ? '' : ` ${o.value}`;
    const names = o.short === undefined ? [o.long] : [o.short, o.long];
    return [names.map((n) => n + value).join(', '), o.help()];
  });
  const width = Math.min(24, Math.max(...[...args, ...options].map(([left]) => left.length)) + 2);
  const rows = (lines: readonly [string, string][]) =>
    lines.map(([left, help]) =>
      left.length + 2 > width
        ? `  ${left}\n  ${' '.repeat(width)}${help}`
        : `  ${left.padEnd(width)}${help}`,
    );
  return [
    usage(spec),
    '',
    spec.summary(),
    ...(spec.more === undefined ? [] : ['', spec.more()]),
    ...(args.length > 0 ? ['', l10n.t('positional arguments:'), ...rows(args)] : []),
    '',
    l10n.t('optional arguments:'),
    ...rows(options),
    '',
  ].join('\n');
}
