import { randomBytes, timingSafeEqual } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { orAbsent } from '../../core/localFiles';
import { stateFolder } from '../../core/packages';

/** A broker that `broker start` runs on this computer. */
export interface RunningBroker {
  readonly port: number;
  readonly urls: readonly string[];
  readonly username: string;
  readonly pid: number;
  /** ISO 8601. */
  readonly since: string;
}

/** Content of the broker's file: its address, and a token that only this user can read. */
interface Entry extends RunningBroker {
  readonly control: number;
  readonly token: string;
}

type Env = Readonly<Record<string, string | undefined>>;

/** Longest wait for an answer in milliseconds. The answer comes from this computer. */
const ANSWER_MS = 5_000;
const MOST_BYTES = 256;

/**
 * Lets other commands of this user query and stop this broker, through a port of this computer and
 * a token in a file that only the user can read. A process id could have been reused by another
 * program.
 * @param onStop called when another command stops the broker
 * @returns an object that ends this and removes the file
 */
export async function offerControl(
  env: Env,
  broker: Omit<RunningBroker, 'pid' | 'since'>,
  onStop: () => void,
): Promise<() => Promise<void>> {
  const token = randomBytes(24).toString('base64url');
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    void line(socket).then((said) => {
      const [given = '', word = ''] = (said ?? '').split(' ');
      if (!isSame(given, token)) return socket.destroy();
      socket.end('ok\n');
      if (word === 'stop') onStop();
      return socket;
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port: control } = server.address() as AddressInfo;
  const file = fileOf(env, broker.port);
  const entry: Entry = {
    ...broker,
    ...{ control, token, pid: process.pid, since: new Date().toISOString() },
  };
  await mkdir(folderOf(env), { recursive: true, mode: 0o700 });
  await rm(file, { force: true }); // an existing file may have another mode
  await writeFile(file, JSON.stringify(entry), { mode: 0o600, flag: 'wx' });
  return async () => {
    await rm(file, { force: true });
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
}

/** Returns this user's running brokers, and removes files that a crash left behind. */
export async function runningBrokers(env: Env): Promise<readonly RunningBroker[]> {
  const running: RunningBroker[] = [];
  for (const entry of await entries(env)) {
    const { port, urls, username, pid, since } = entry;
    if (await ask(entry, 'status')) running.push({ port, urls, username, pid, since });
    else await rm(fileOf(env, entry.port), { force: true });
  }
  return running;
}

/** Stops a running broker. Returns false if it does not answer. */
export async function stopBroker(env: Env, port: number): Promise<boolean> {
  const entry = (await entries(env)).find((e) => e.port === port);
  return entry !== undefined && (await ask(entry, 'stop'));
}

async function entries(env: Env): Promise<Entry[]> {
  const names = await orAbsent(readdir(folderOf(env)), []);
  const found = names
    .filter((name) => /^\d{1,5}\.json$/.test(name))
    .map(async (name): Promise<Entry[]> => {
      try {
        return [JSON.parse(await readFile(join(folderOf(env), name), 'utf8')) as Entry];
      } catch {
        return []; // the file was just removed, or is not written yet
      }
    });
  return (await Promise.all(found)).flat().sort((a, b) => a.port - b.port);
}

/**
 * Sends a command to a broker and returns whether it answered.
 */
async function ask({ control, token }: Entry, word: 'status' | 'stop'): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port: control, timeout: ANSWER_MS });
  socket.on('timeout', () => socket.destroy());
  socket.write(`${token} ${word}\n`);
  const answer = await line(socket);
  socket.destroy();
  return answer === 'ok';
}

/** Returns the first line that arrives. Undefined if the connection ends first. */
function line(socket: Socket): Promise<string | undefined> {
  return new Promise((resolve) => {
    let text = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      text += chunk;
      const end = text.indexOf('\n');
      if (end >= 0) resolve(text.slice(0, end));
      else if (text.length > MOST_BYTES) socket.destroy();
    });
    socket.on('error', () => resolve(undefined));
    socket.on('close', () => resolve(undefined));
  });
}

function isSame(a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a), Buffer.from(b)];
  return x.length === y.length && timingSafeEqual(x, y);
}

function folderOf(env: Env): string {
  return join(stateFolder(env), 'brokers');
}

function fileOf(env: Env, port: number): string {
  return join(folderOf(env), `${port}.json`);
}
