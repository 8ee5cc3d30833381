import { silentLog } from '../../../src/core/log';
import { serialAddress } from '../../../src/core/parseAddress';
import { linkFacts } from '../../../src/core/files/linkFacts';
import { SessionFiles } from '../../../src/core/files/sessionFiles';
import type { SessionOptions, Session, Transport } from '../../../src/core/transport';
import { serialTransport } from '../../../src/transports/serial/serialTransport';
import { startSerlink, startUboard } from '../../lab/index.mjs';
import type { Serlink } from '../../lab/serlink.mjs';
import type { Uboard, UboardOptions } from '../../lab/uboard.mjs';

/** Runs `work` as the first on a link. Returns its result and the number of pieces of code that it ran. */
export async function first<T>(
  rig: Rig,
  work: () => Promise<T>,
): Promise<{ result: T; execs: number }> {
  rig.forget();
  const before = rig.execs();
  return { result: await work(), execs: rig.execs() - before };
}

/** Boards that each lack something: its name, and options for startRig. */
export const LESSER_BOARDS: [lacks: string, options: UboardOptions][] = [
  ['deflate', { files: { '/boot.py': withoutModule('deflate') } }],
  ['hashlib', { files: { '/boot.py': withoutModule('uhashlib') } }],
  ['memory', { heap: 20, drop: false }],
];

/** Returns a boot.py that takes a module away. */
function withoutModule(module: string): string {
  return `import builtins
real = builtins.__import__
def pretend(name, *rest):
    if name in ("${module}", "${module}"[1:]): raise ImportError(name)
    return real(name, *rest)
builtins.__import__ = pretend
`;
}

/** A real MicroPython behind a cable, the product's own link to it, and its file verbs. */
export interface Rig {
  readonly board: Uboard;
  readonly cable: Serlink;
  readonly transport: Transport;
  readonly files: SessionFiles;
  /** Returns file verbs that share what they know of the board. */
  sharing(): SessionFiles;
  /** Number of pieces of code that were run on the board. */
  execs(): number;
  /** Forgets everything known about the board, like a new window. */
  forget(): void;
  /** Opens a new link, after the cable was pulled. */
  reconnect(): Promise<void>;
  /** Switches the board off, if it is still on, and on again, with a new cable. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts a board that loses bytes when its ring of 260 bytes is full. `stdin: false`: a link
 * without input.
 */
export async function startRig(
  options: UboardOptions & { baud?: number; stdin?: boolean } = {},
): Promise<Rig> {
  const board = await startUboard({ drop: true, ...options });
  const lay = () => startSerlink({ to: board.tty, baud: options.baud ?? 0 });
  let cable = await lay();
  const { stdin = true } = options;
  let execs = 0;
  const open = async () => {
    const transport = serialTransport(serialAddress(cable.tty), silentLog);
    await transport.open(AbortSignal.timeout(10_000));
    return transport;
  };
  let transport = await open();
  const counted = (session: Session): Session => ({
    exec: (code, o) => {
      execs++;
      return session.exec(code, stdin ? o : { ...o, onStart: undefined });
    },
  });
  const newFiles = (facts?: ReturnType<typeof linkFacts>) =>
    new SessionFiles(
      (work, o?: SessionOptions) =>
        transport.withSession((session) => work(counted(session)), { ...o, mayInterrupt: true }),
      facts,
    );
  let files = newFiles();
  return {
    board,
    get files() {
      return files;
    },
    get cable() {
      return cable;
    },
    get transport() {
      return transport;
    },
    sharing: () => newFiles(linkFacts({ transport })),
    execs: () => execs,
    forget: () => void (files = newFiles()),
    reconnect: async () => {
      await transport.close();
      await cable.replug();
      transport = await open();
    },
    restart: async () => {
      await transport.close();
      await cable.stop();
      await board.restart();
      cable = await lay();
      transport = await open();
    },
    stop: async () => {
      await transport.close();
      await cable.stop();
      await board.stop();
    },
  };
}
