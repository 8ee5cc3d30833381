// `mpyfleet provision` with templates that write no firmware: what is recognised by reading a board's id, for which its program is stopped.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { startUboard, tempDir } from '../../lab/index.mjs';
import { BuiltCli } from '../rig/cliRig';

const WAIT_MS = 30_000;
/** Counts its starts in a file, and runs. */
const PROGRAM = "f = open('/runs', 'a')\nf.write('x')\nf.close()\nwhile True:\n    pass\n";

let cli: BuiltCli;
let dir: string;

beforeAll(async () => {
  dir = tempDir('without-firmware');
  cli = await BuiltCli.build();
});

function template(name: string, text: string): string {
  const file = `${name}.board-template.yaml`;
  writeFileSync(join(dir, file), text);
  return file;
}

async function startedBoard() {
  const board = await startUboard({ files: { 'main.py': PROGRAM } });
  onTestFinished(() => board.stop());
  return board;
}

const provision = (file: string, tty: string, until?: string) =>
  cli.run(['provision', file, '-b', tty, ...(until === undefined ? ['--count', '1', '-v'] : [])], {
    cwd: dir,
    env: {},
    onOut: (soFar, kill) => {
      if (until !== undefined && soFar.includes(until)) kill('SIGINT');
    },
  });

it.each([
  ['name', "name: lamp-[01-20]\nfiles: [{to: /name.txt, text: '{name}'}]\n"],
  ['files', "files: [{to: /name.txt, text: 'lamp'}]\n"],
])('leaves a finished board alone, and starts its program again (%s)', async (name, text) => {
  const board = await startedBoard();
  const starts = async () => (await board.files())['/runs']?.length ?? 0;
  await expect.poll(starts, { timeout: WAIT_MS }).toBe(1);
  const file = template(name, text);
  const made = await provision(file, board.tty);
  expect(`${made.out}${made.err}`).toContain('1 ready, 0 failed');
  await expect.poll(starts, { timeout: WAIT_MS }).toBe(2);

  const again = await provision(file, board.tty, 'was set up before');
  expect(again.out).toMatch(/ was set up before and was not changed\. To set it up again/);
  await expect.poll(starts, { timeout: WAIT_MS }).toBe(3);
});

it('continues a board at the step that failed', async () => {
  const board = await startedBoard();
  const file = template('part', "name: part-[01-20]\nfiles: [{to: /a.txt, text: '{name}'}]\n");
  const failed = {
    ...{ uid: Buffer.from(board.name).toString('hex'), name: 'part-07', n: 7 },
    ...{ done: ['name'], notes: [], time: '', seconds: 1 },
    failed: { step: 'files', reason: 'it was full' },
  };
  writeFileSync(join(dir, 'part.made.json'), JSON.stringify([failed]));
  const ran = await provision(file, board.tty);
  expect(ran.out).toContain('part-07 is ready: name, files, start');
  expect(ran.err).toContain('files: Continuing after: it was full');
});
