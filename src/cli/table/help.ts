import { SELECTOR_HELP } from '../../core/many';
import { ALWAYS, OPTIONS, type OptionName } from './optionTable';
import type { Verb } from './verb';
import { VERBS } from './verbTable';

const WIDTH = 96;
/** Maximum width of the first column. Longer entries have their explanation on the next line. */
const COLUMN = 34;

/** Returns the general help. */
export function generalHelp(): string {
  const verbs = VERBS.map((v): Row => [`${v.name} ${v.args}`.trim(), v.summary]);
  return [
    'Usage: mpyfleet [-b BOARDS] COMMAND [ARGUMENTS] [+ COMMAND [ARGUMENTS]]...\n',
    'Works on MicroPython boards: one on a cable, or many on any link.\n',
    `Commands:\n${table(verbs)}`,
    `BOARDS: ${wrap(SELECTOR_HELP, 0)}\n`,
    'Without -b: the boards in MPYFLEET_BOARD, else the only board plugged in. Names and groups are read from\n' +
      ".micropython/fleet.json in the project and from micropython-fleet/fleet.json in the user's configuration folder\n" +
      '(or the file that MPYFLEET_CONFIG names): {"boards": {"kitchen": "serial:/dev/ttyACM0"}, "groups": {"lab": "esp32-*"}}\n',
    'A + between commands runs them one after the other until one fails; the options before the first\n' +
      'command apply to all of them: mpyfleet -b kitchen put main.py : + reset + repl\n',
    'A running program is not stopped unless --stop is given.\n',
    'Exit status:\n' +
      table([
        ['0', 'success'],
        ['1', 'an exception or a refusal on a board; mip search found nothing'],
        ['2', 'a link failed, or a running program on the board may not be stopped'],
        ['64', 'the command line is invalid'],
        ['70', 'an internal error of mpyfleet'],
        ['130', 'stopped with Ctrl-C'],
        ['141', 'the program that reads the output has ended'],
      ]),
    'In every VS Code terminal with the extension, mpyfleet is on the PATH. Elsewhere (Node 20 or later):\n' +
      'npm install -g mpyfleet-VERSION.tgz, from the same place as the .vsix. For Tab completion: mpyfleet completion --help\n',
    'mpyfleet COMMAND --help lists the options of a command.\n',
  ].join('\n');
}

/** Returns the help for one command. */
export function verbHelp(verb: Verb): string {
  const options = [...new Set([...verb.options, ...ALWAYS])];
  return [
    `Usage: mpyfleet [OPTIONS] ${`${verb.name} ${verb.args}`.trim()}\n`,
    `${capital(verb.summary)}.${verb.details ? `\n${verb.details}` : ''}\n`,
    `Options:\n${table(options.map(optionRow))}`,
  ].join('\n');
}

type Row = readonly [left: string, right: string];

function optionRow(name: OptionName): Row {
  const option: { short?: string; value?: string; text: string } = OPTIONS[name];
  const short = option.short ? `-${option.short}, ` : '    ';
  return [`${short}--${name}${option.value ? ` ${option.value}` : ''}`, option.text];
}

/** Formats two columns, the second one aligned. */
function table(rows: readonly Row[]): string {
  const width = Math.max(...rows.map(([left]) => left.length).filter((n) => n <= COLUMN));
  const indent = width + 4;
  return rows
    .map(([left, right]) => {
      const first = left.length > width ? `${left}\n${' '.repeat(indent)}` : left.padEnd(width + 2);
      return `  ${first}${wrap(right, indent)}\n`;
    })
    .join('');
}

/** Wraps text at spaces, and indents all lines after the first. */
function wrap(text: string, indent: number): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? '';
    if (last !== '' && indent + last.length + word.length >= WIDTH) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines.join(`\n${' '.repeat(indent)}`);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
