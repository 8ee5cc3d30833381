import { afterEach, expect, it } from 'vitest';
import type { Board } from '../../../src/core/board/board';
import { showPrompt } from '../../../src/core/board/showPrompt';
import { text, utf8 } from '../../../src/core/bytes';
import { startMosquitto } from '../../lab/index.mjs';
import { composeFleet, FleetRig } from '../rig/fleetRig';
import { overMqtt, startFar } from '../rig/mqttRig';

const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** Reads one key and prints it. */
const READER = 'import sys; print("begun"); print("key", repr(sys.stdin.read(1)))\r';

const ending = (board: Board) =>
  expect.poll(() => text(board.console.history).slice(-80), { timeout: 10_000 });

async function cabled(): Promise<Board> {
  const rig = await FleetRig.start(1);
  ends.push(() => rig.stop());
  const [board] = rig.boards;
  if (!board) throw new Error('no board');
  return board;
}

it('shows the prompt below a note, after work of which the terminal shows nothing', async () => {
  const board = await cabled();
  await board.exec('print(1)');
  board.console.note('This is kit-1');
  await board.holdConsole(() => showPrompt(board));
  await ending(board).toMatch(/\[This is kit-1\][^\n]*\n[\r\n]*>>> $/);
});

it('sends nothing to a running program', async () => {
  const board = await cabled();
  await board.exec('pass');
  await board.console.write(utf8(READER));
  await ending(board).toMatch(/begun\r\n$/);
  expect(board.state.tag).toBe('running');
  await showPrompt(board);
  await board.console.write(utf8('k'));
  await ending(board).toContain("key 'k'\r\n>>> ");
});

it('shows the prompt of a board behind a broker, which prints none itself', async () => {
  const mosquitto = await startMosquitto({ config: ['set_tcp_nodelay true'] });
  ends.push(() => mosquitto.stop());
  const broker = { host: '127.0.0.1', port: mosquitto.port };
  const far = await startFar({ url: mosquitto.url }, { broker });
  ends.push(() => far.stop());
  const { fleet } = composeFleet({ openTransport: overMqtt(far.brokers) });
  ends.push(() => fleet.dispose());
  const source = far.brokers.source('b');
  if (!source) throw new Error('the broker has no boards');
  fleet.addSource(source);
  const [board] = fleet.boards;
  if (!board) throw new Error('no board');
  await board.exec('pass');
  board.console.note('This is kit-1');
  await showPrompt(board);
  expect(text(board.console.history)).toMatch(/\[This is kit-1\][^\n]*\n>>> $/);
});
