import { SELECTOR_HELP } from '../core/many/selector';
import { COMMON, OPTIONS, type OptionName } from './options';
import { VERBS, type Verb } from './verbTable';

const WIDTH = 96;

/** The help for all of it. */
export function generalHelp(): string {
  const verbs = VERBS.map((v) => row(`${v.name} ${v.args}`, v.summary));
  return [
    'Usage: mpyfleet [-b BOARDS] COMMAND [ARGUMENTS]\n',
    'Works on MicroPython boards: one on a cable, or many on any link.\n',
    `Commands:\n${verbs.join('')}`,
    `BOARDS: ${wrap(SELECTOR_HELP, 0)}`,
    'Without -b: what MPYFLEET_BOARD says, else the one board that is plugged in. Names and groups are read from\n' +
      ".micropython/fleet.json of the project and from micropython-fleet/fleet.json of the user's configuration\n" +
      '(or the file that MPYFLEET_CONFIG names): {"boards": {"kitchen": "serial:/dev/ttyACM0"}, "groups": {"lab": "esp32-*"}}\n',
    'A running program is not stopped unless --stop is given.\n',
    `Exit status: 0 all went well; 1 an exception or refusal on a board; 2 a link failed or a program runs;\n` +
      '64 the command makes no sense; 70 a fault of mpyfleet; 130 Ctrl-C.\n',
    'mpyfleet COMMAND --help tells the options of a command.\n',
  ].join('\n');
}

/** The help for one command. */
export function verbHelp(verb: Verb): string {
  const options = [...new Set([...verb.options, ...COMMON])];
  return [
    `Usage: mpyfleet [OPTIONS] ${`${verb.name} ${verb.args}`.trim()}\n`,
    `${capital(verb.summary)}.${verb.details ? `\n${verb.details}` : ''}\n`,
    `Options:\n${options.map(optionRow).join('')}`,
  ].join('\n');
}

function optionRow(name: OptionName): string {
  const option: { short?: string; value?: string; text: string } = OPTIONS[name];
  const short = option.short ? `-${option.short}, ` : '    ';
  return row(`${short}--${name}${option.value ? ` ${option.value}` : ''}`, option.text);
}

function row(left: string, right: string): string {
  return `  ${left.padEnd(26)} ${wrap(right, 29)}`;
}

/** Breaks at spaces; lines after the first are indented. */
function wrap(text: string, indent: number): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? '';
    if (last !== '' && indent + last.length + word.length >= WIDTH) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines.join(`\n${' '.repeat(indent)}`) + '\n';
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
