import * as vscode from 'vscode';
import { type AgentFit, configJson, newBoardKey, takesCompiled } from '../../core/agent';
import { abortable, Deferred, awaitedLater } from '../../core/async';
import type { Board } from '../../core/board';
import { announced } from '../../core/broker/announced';
import { LOCAL_BROKER_ID } from '../../core/broker/localBroker';
import { utf8 } from '../../core/bytes';
import { withStartLines } from '../../core/files';
import { agentSource } from '../../views/broker';
import type { Needs } from '../../views/context';
import { BOARDS_VIEW } from '../../views/tree';
import { askAddress, askLogin } from '../agent';
import { connectedBroker } from '../broker';
import type { Call } from '../types';

const NAME = 'demo-far';
// A long-running program would block the agent, because this build of MicroPython cannot interrupt
// code.
const PROGRAM = "print('Hello from a demo board')\n";

/**
 * `Start a Demo Board at the Local Broker`: shows the complete path of a board behind a broker,
 * without hardware.
 */
export async function startFarDemo(
  context: Needs<'extension' | 'settings' | 'fleet' | 'active' | 'brokers' | 'farDemo'>,
  call: Call,
): Promise<void> {
  const { farDemo, fleet } = context;
  const { signal } = call;
  call.begin();
  const uid = await farDemo.uid();
  if (!farDemo.isRunning) await switchOn(context, uid, call);
  const board = await abortable(appears(context, uid), signal);
  if (fleet.byName(NAME).length === 0) fleet.rename(board, NAME);
  await vscode.commands.executeCommand(`${BOARDS_VIEW}.focus`);
  await board.connect({ kind: 'mqtt', signal });
  await context.active.choose(board);
}

async function switchOn(
  context: Needs<'extension' | 'settings' | 'brokers' | 'farDemo'>,
  uid: string,
  call: Call,
): Promise<void> {
  const { farDemo } = context;
  const { signal } = call;
  const mpyVersion = await farDemo.probe(signal);
  call.report(vscode.l10n.t('Connecting to the local broker'));
  const broker = await connectedBroker(context, LOCAL_BROKER_ID, signal);
  const fit = { uid, platform: 'linux', mpyVersion, hasWifi: false, ip: '127.0.0.1' };
  const files = await filesFor(context, broker, fit);
  if (!files) return;
  call.report(vscode.l10n.t('Waiting for the first start'));
  const born = announced(broker, uid, NAME, signal);
  awaitedLater(born); // the program may end first
  const ended = new Deferred<never>();
  awaitedLater(ended.promise); // the board may announce itself first
  try {
    await farDemo.start(files, ended);
    await Promise.race([born, ended.promise]);
  } catch (error) {
    farDemo.stop();
    throw error;
  } finally {
    await farDemo.forgetFiles();
  }
}

/** Returns the agent's files and configuration, as on a real board. Undefined: cancelled. */
async function filesFor(
  context: Needs<'extension' | 'settings' | 'brokers'>,
  broker: Parameters<typeof askAddress>[1],
  fit: AgentFit,
): Promise<ReadonlyMap<string, Uint8Array> | undefined> {
  const address = await askAddress(context, broker, [fit]);
  const login = await askLogin(context, broker, [fit]);
  if (!address || !login) return undefined;
  const key = newBoardKey();
  await context.brokers.secrets.setBoardKey(fit.uid, { role: 'admin', key });
  const at = { main: '/main.py', ca: '/mpyfleet/ca.pem' };
  const own = address(fit);
  const config = { name: NAME, broker: { ...own, ...login(fit) }, adminKey: key };
  const { shim, copy } = await agentSource(context, takesCompiled(fit));
  const files = new Map([
    ['main.py', utf8(withStartLines(PROGRAM))],
    ['mpyfleet/config.json', utf8(configJson(config, at))],
    ['mpyfleet/__init__.py', shim],
    ...[...copy].map(([name, content]) => [`mpyfleet/a/${name}`, content] as const),
  ]);
  const ca = own.tls?.ca;
  if (ca !== undefined) files.set('mpyfleet/ca.pem', utf8(ca));
  return files;
}

/** Waits for the board's row in the tree, which appears a moment after its announcement. */
async function appears({ fleet }: Needs<'fleet'>, uid: string): Promise<Board> {
  const there = fleet.byUid(uid);
  if (there) return there;
  const found = new Deferred<Board>();
  const subscription = fleet.onDidChangeList(() => {
    const board = fleet.byUid(uid);
    if (board) found.resolve(board);
  });
  try {
    return await found.promise;
  } finally {
    subscription.dispose();
  }
}
