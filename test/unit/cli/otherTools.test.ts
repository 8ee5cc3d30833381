import { expect, it } from 'vitest';
import { commandHint } from '../../../src/cli/table/otherTools';
import { findVerb } from '../../../src/cli/table/verbTable';

/** The commands of `mpremote --help`, version 1.24.1. */
const MPREMOTE =
  'a0 bootloader c3 cat connect cp devs df disconnect edit eval exec fs help ls mip mkdir mount repl reset resume rm rmdir rtc run sha256sum sleep soft-reset touch tree u1 umount version';

it('has every command of mpremote, or says what does its work', () => {
  const lost = MPREMOTE.split(' ').filter(
    (name) => name !== 'help' && !findVerb(name) && commandHint(name) === undefined,
  );
  expect(lost).toEqual([]);
  expect(commandHint('u1')).toBe('Name the port with -b serial:/dev/ttyUSB1.');
  expect(commandHint('c12')).toContain('serial:COM12');
  expect(commandHint('nonsense')).toBeUndefined();
});

it('names only commands that exist', () => {
  for (const name of ['connect', 'devs', 'fs', 'mount', 'rmdir', 'rsync', 'version', 'upload']) {
    const named = (commandHint(name) ?? '').matchAll(/mpyfleet (?:-b \S+ )?([a-z0-9]+)/g);
    for (const [, verb = ''] of named) expect(findVerb(verb), `${name}: ${verb}`).toBeDefined();
  }
});
