import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openKeys } from '../../../../src/core/agent';
import { systemClock, type Clock } from '../../../../src/core/async';
import { utf8 } from '../../../../src/core/bytes';
import { HandOver, recordsCsv, recordWords, type SetupBoard } from '../../../../src/core/setup';
import { ownReport } from '../../../../src/core/setup/ownReport';
import { missingNetworks } from '../../../../src/core/setup/wifi';
import { removeTempDir, tempDir } from '../../../lab/paths.mjs';

const signal = new AbortController().signal;
/** Waits for nothing. */
const clock: Clock = { ...systemClock, after: (_ms, action) => systemClock.after(0, action) };

/** A board whose agent gives these answers, one for each question. */
function boardSaying(...answers: readonly object[]) {
  const left = [...answers];
  const calls: string[] = [];
  const board = {
    name: 'port',
    exec: () => {
      calls.push('ask');
      return Promise.resolve(utf8(JSON.stringify(left.shift() ?? {})));
    },
    reset: (mode: string) => {
      calls.push(mode);
      return Promise.resolve();
    },
  };
  return { board: board as unknown as SetupBoard, calls };
}

describe("a board's own report about its broker", () => {
  it('counts if the board was there, and lets the agent run again', async () => {
    const { board, calls } = boardSaying({ ups: 0, error: '' }, { ups: 1, error: '' });
    const said = await ownReport(board, 'shop', { signal, clock, hasTime: true });
    expect(said).toEqual({ note: 'The board reports that it reached shop', unverified: false });
    expect(calls).toEqual(['ask', 'soft', 'ask', 'soft']);
  });

  it.each([
    ['OSError(111,)', 'nothing accepts connections at that port'],
    ['LinkLost(104,)', 'the broker closed the connection'],
    ["OSError(110, 'ETIMEDOUT')", 'the broker did not answer in time'],
    ['OSError(-2,)', 'the name of the broker was not found, or TLS failed (OSError(-2,))'],
  ])('after %s says that nothing was verified: %s', async (error, words) => {
    const { board } = boardSaying({ ups: 0, error });
    const { note, unverified } = await ownReport(board, 'shop', { signal, clock, hasTime: true });
    expect(unverified).toBe(true);
    expect(note).toContain(`has not reached it from here (${words})`);
  });

  it('is asked for three times while the board looks for its Wi-Fi', async () => {
    const error = "OSError('no Wi-Fi network answers',)";
    const { board, calls } = boardSaying({ ups: 0, error }, { ups: 0, error }, { ups: 0, error });
    const { note } = await ownReport(board, 'shop', { signal, clock, hasTime: true });
    expect(note).toContain('(no Wi-Fi network answers)');
    expect(calls.filter((call) => call === 'ask').length).toBe(3);
  });

  it('is a failure if the broker refuses the login, and if the agent does not run', async () => {
    const refused = boardSaying({ ups: 0, error: "OSError('the broker refuses us, code 5',)" });
    await expect(
      ownReport(refused.board, 'shop', { signal, clock, hasTime: true }),
    ).rejects.toThrow('shop and the board refuse each other: the broker refuses us, code 5');
    await expect(
      ownReport(boardSaying({}).board, 'shop', { signal, clock, hasTime: true }),
    ).rejects.toThrow('The agent did not start');
  });

  it('blames a certificate of the future on a clock that cannot be set', async () => {
    const error = "ValueError('\\nThe certificate validity starts in the future\\n',)";
    const words = 'The certificate validity starts in the future';
    const options = { signal, clock, hasTime: false };
    const { note, unverified } = await ownReport(
      boardSaying({ ups: 0, error }).board,
      'shop',
      options,
    );
    expect(unverified).toBe(true);
    expect(note).toContain(`(${words})`);
    const { board } = boardSaying({ ups: 0, error });
    await expect(ownReport(board, 'shop', { ...options, hasTime: true })).rejects.toThrow(
      `refuse each other: ${words}`,
    );
  });
});

it('lists an unverified board without the step that nothing has shown, and says so in the CSV', () => {
  const record = {
    ...{ uid: 'aa', name: 'lamp', done: ['start', 'broker'] as const, time: '', seconds: 1 },
    ...{ unverified: true, notes: ['Not verified: why'] },
  };
  expect(recordWords(record)).toBe('lamp is ready: start');
  expect(recordsCsv([record]).split('\r\n')[1]).toBe('aa,lamp,,,1.0,ok,,,Not verified: why');
});

it('needs the network of another owner nowhere but there', async () => {
  const { board } = boardSaying();
  board.exec = () => Promise.resolve(utf8('net 73686f70 -40 3\n'));
  const wanted = [{ ssid: 'hall' }];
  const missing = 'The board does not see the network "hall"';
  expect(await missingNetworks(board, wanted, { signal, isElsewhere: true })).toBe(missing);
  const here = missingNetworks(board, wanted, { signal, isElsewhere: false });
  await expect(here).rejects.toThrow(missing);
});

describe('the file in which keys are handed over', () => {
  const key = new Uint8Array(32).fill(7);
  const PASSPHRASE = 'correct horse battery';

  function place(): string {
    const dir = tempDir('handover');
    onTestFinished(() => removeTempDir(dir));
    return join(dir, 'lamp.handover.keys');
  }

  it('keeps the keys of earlier runs, sealed', async () => {
    const file = place();
    await (await HandOver.open(file, PASSPHRASE)).add('aa01', key);
    await (await HandOver.open(file, PASSPHRASE)).add('aa02', key);
    const text = readFileSync(file, 'utf8');
    expect(text).not.toContain('aa01');
    const ring = await openKeys(text, PASSPHRASE);
    expect([...ring.keys()]).toEqual(['aa01', 'aa02']);
    expect(ring.get('aa01')?.role).toBe('admin');
    expect(Buffer.from(ring.get('aa01')?.key ?? []).equals(key)).toBe(true);
  });

  it('rejects a short passphrase, another one, and a file of something else', async () => {
    const file = place();
    await expect(HandOver.open(file, 'short')).rejects.toThrow('at least 12 characters');
    await (await HandOver.open(file, PASSPHRASE)).add('aa01', key);
    await expect(HandOver.open(file, `${PASSPHRASE}!`)).rejects.toThrow('cannot be opened');
    writeFileSync(file, 'something else');
    await expect(HandOver.open(file, PASSPHRASE)).rejects.toThrow('not a key file');
    expect(readFileSync(file, 'utf8')).toBe('something else');
  });
});
