import { expect, it } from 'vitest';
import { commandHint, optionHint } from '../../../src/cli/table/otherTools';
import { readCommandLines } from '../../../src/cli/table/options';
import { findVerb } from '../../../src/cli/table/verbTable';

it("names the equivalents of mpremote's ports and options", () => {
  expect(commandHint('u1')).toBe('Name the port with -b serial:/dev/ttyUSB1.');
  expect(commandHint('c12')).toContain('serial:COM12');
  expect(commandHint('nonsense')).toBeUndefined();
  expect(optionHint('repl', 'capture')).toContain('--log FILE');
  expect(optionHint('cp', 'f')).toContain('mpyfleet sync');
  expect(optionHint('ls', 'f')).toBeUndefined();
  expect(optionHint('ls', 'force')).toBeUndefined();
});

it('names an unknown option, and the command that it was given for', () => {
  const read =
    (...argv: string[]) =>
    () =>
      readCommandLines(argv);
  expect(read('-b', 'x', 'repl', '--capture', 'f')).toThrow('Unknown option "--capture"');
  expect(read('ls', '+', 'exec', '-f', '1')).toThrow('Unknown option "-f"');
  expect(readCommandLines(['tree', '-s', '--', '-s'])).toMatchObject([
    { args: ['-s'], given: ['size'] },
  ]);
  expect(readCommandLines(['rtc', '-s'])[0]?.options.set).toBe(true);
});

it('names only commands that exist', () => {
  for (const name of ['connect', 'devs', 'fs', 'mount', 'rmdir', 'rsync', 'version', 'upload']) {
    const named = (commandHint(name) ?? '').matchAll(/mpyfleet (?:-b \S+ )?([a-z0-9]+)/g);
    for (const [, verb = ''] of named) expect(findVerb(verb), `${name}: ${verb}`).toBeDefined();
  }
});
