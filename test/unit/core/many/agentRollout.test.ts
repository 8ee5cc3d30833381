import { describe, expect, it } from 'vitest';
import type { BoardMessage, Presence } from '../../../../src/core/broker/broker';
import type { AgentControl, Birth } from '../../../../src/core/agent';
import { Emitter } from '../../../../src/core/events';
import { type AirBoard, type AirIo, updateFirmwareOn } from '../../../../src/core/many';

const image = new Uint8Array(10);
const signed = { board: 'Generic ESP32S3 module', version: '1.26.0' };
const LONG = 'Board of a maker whose name is as long as a name on a label can be';

/** Tries to update a board that announces itself so; returns the operations that reached it. */
async function tryOn(
  machine: string,
  fw: string,
  { of = signed, ...more }: { of?: typeof signed } & Partial<AirIo> = {},
) {
  const asked: string[] = [];
  const control = {
    birth: { machine, fw, caps: new Set(['ota']) },
    firmware: () => {
      asked.push('firmware');
      return Promise.resolve({ running: 'ota_0', next: 'ota_1', size: 1, state: 'none' });
    },
  } as unknown as AgentControl;
  const board = { name: 'kitchen', control } as AirBoard;
  const io = { signal: new AbortController().signal, ...more };
  const error: unknown = await updateFirmwareOn(board, { image, signed: of }, io).catch(
    (e: unknown) => e,
  );
  return { asked, error: (error as Error).message };
}

it('takes an update for confirmed when the message about it was lost, but the board announces the end of its trial', async () => {
  const presence = new Emitter<Presence>();
  const state = (boot: string, trial: boolean) => ({ on: true, boot, trial }) as Presence['state'];
  const control = {
    birth: { caps: new Set(['ota']) },
    firmware: () => Promise.resolve({ running: 'ota_0', next: 'ota_1', size: 100, state: 'none' }),
    writeFirmware: () => Promise.resolve(),
    restart: () => Promise.resolve(state('b2', true)),
  } as unknown as AgentControl;
  const broker = {
    onMessage: () => ({ dispose: () => undefined }),
    onPresence: presence.event,
    presences: new Map([['a1', state('b2', true)]]),
  } as unknown as AirBoard['broker'];
  let done = Promise.resolve();
  let steps = 0;
  const waits = new Promise<void>((resolve) => {
    const onStep = () => {
      if (++steps === 3) resolve();
    };
    const io = { signal: new AbortController().signal, onStep };
    done = updateFirmwareOn(
      { name: 'kitchen', uid: 'a1', control, broker } as AirBoard,
      { image },
      io,
    );
  });
  await waits;
  let confirmed = false;
  void done.then(() => (confirmed = true));
  presence.fire({ uid: 'b2', state: state('b2', false) });
  presence.fire({ uid: 'a1', state: state('b1', false) });
  await new Promise(setImmediate);
  expect(confirmed).toBe(false);
  presence.fire({ uid: 'a1', state: state('b2', false) });
  await done;
});

it('takes only what the new start says for a confirmation, not a copy of what an earlier one said', async () => {
  const messages = new Emitter<BoardMessage>();
  const born = { on: true, boot: 'b2', trial: false } as Birth;
  const control = {
    birth: { caps: new Set(['ota']) },
    firmware: () => Promise.resolve({ running: 'ota_0', next: 'ota_1', size: 100, state: 'none' }),
    writeFirmware: () => Promise.resolve(),
    restart: () => Promise.resolve(born),
  } as unknown as AgentControl;
  const broker = { onMessage: messages.event } as unknown as AirBoard['broker'];
  const board = { name: 'kitchen', uid: 'a1', control, broker } as AirBoard;
  let confirmed = false;
  const done = updateFirmwareOn(board, { image }, { signal: new AbortController().signal });
  void done.then(() => (confirmed = true));
  await new Promise(setImmediate);
  const say = (boot: string) =>
    messages.fire({ uid: 'a1', topic: 'ev', data: { ev: 'ota', state: 'confirmed', boot } });
  say('b1');
  await new Promise(setImmediate);
  expect(confirmed).toBe(false);
  say('b2');
  await done;
});

describe('signed firmware', () => {
  it('goes to boards of its name only, with or without the name of the chip', async () => {
    const full = 'Generic ESP32S3 module with ESP32S3';
    const fits = 'The image has 10 bytes, but the board has room for 1';
    expect(await tryOn(full, '1.25.0')).toEqual({ asked: ['firmware'], error: fits });
    const named = { ...signed, board: full };
    expect((await tryOn(full, '1.25.0', { of: named })).error).toBe(fits);
    const long = { ...signed, board: LONG.slice(0, 64) };
    expect((await tryOn(`${LONG} with ESP32S3`.slice(0, 64), '1.25.0', { of: long })).error).toBe(
      fits,
    );
  });

  it.each(['Generic ESP32C3 module with ESP32C3', 'Generic ESP32S3 module2 with ESP32S3', ''])(
    'is refused for another board before anything is sent: %s',
    async (machine) => {
      expect(await tryOn(machine, '1.25.0')).toEqual({
        asked: [],
        error: `The firmware is for "Generic ESP32S3 module", but kitchen is "${machine}"`,
      });
    },
  );

  it('is refused if it is older than what the board runs, unless it may be', async () => {
    const machine = 'Generic ESP32S3 module with ESP32S3';
    expect(await tryOn(machine, '1.27.0')).toEqual({
      asked: [],
      error: 'kitchen runs MicroPython 1.27.0, but the firmware is the older 1.26.0',
    });
    expect((await tryOn(machine, '1.27.0', { older: true })).asked).toEqual(['firmware']);
    expect((await tryOn(machine, '1.26.0')).asked).toEqual(['firmware']);
  });
});
