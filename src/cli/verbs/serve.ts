import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { aborted } from '../../core/async';
import { asError, UsageError } from '../../core/errors';
import { orAbsent } from '../../core/localFiles';
import { stateFolder } from '../../core/packages';
import { type Cli, type VerbRun } from '../cli';
import { whileWatching, type Watched } from '../fleet';
import { startApi } from '../serve/apiServer';
import type { ApiWorld } from '../serve/pythingsApi';

const PORT = 8266;

/**
 * `serve`: provides Pythings' REST interface for programs on this computer, and collects messages
 * like `watch`.
 */
export const run: VerbRun = async (cli, args) => {
  if (args.length > 0) throw new UsageError('serve takes no arguments');
  const { token, from } = await tokenOf(cli);
  return whileWatching(cli, async (watched) => {
    const world: ApiWorld = {
      ...{ token, store: watched.store, commands: watched.commands },
      find: (tid) => find(watched, tid),
    };
    const { port: wanted = PORT } = cli.options;
    // The first call must not fail with "no such board" because the broker is still reporting.
    await watched.links.brokers.listed();
    const server = await startApi(world, wanted, cli.log).catch((cause: unknown) => {
      throw new UsageError(`Port ${wanted} cannot be used: ${asError(cause).message}`, {
        ...{ cause, hint: 'Give another one with --port; 0 takes any free one.' },
      });
    });
    const { port } = server.address() as AddressInfo;
    cli.out(`listening on http://127.0.0.1:${port}/api/web/v1/\n`);
    cli.err(`The API key is in ${from}; Ctrl-C ends it\n`);
    await aborted(cli.signal);
    server.closeAllConnections();
    server.close();
    return 0;
  });
};

/** Returns the board with this unique id, or with this name here or on the board. */
function find({ hub, links }: Watched, tid: string): ReturnType<ApiWorld['find']> {
  const named = links.registry.boards.find((b) => b.name === tid);
  const address = named?.address.kind === 'mqtt' ? named.address : undefined;
  const wanted = address?.uid ?? named?.uid ?? tid.toLowerCase().replaceAll(':', '');
  for (const broker of hub.all) {
    if (address && address.broker !== broker.profile.id) continue;
    for (const [uid, state] of broker.presences) {
      if (uid !== wanted && (named || !state.on || state.name !== tid)) continue;
      return { uid, control: hub.agent(broker.profile.id, uid) };
    }
  }
  // The board is not connected and no broker lists it, but its stored messages can still be read.
  return named && wanted !== tid ? { uid: wanted, control: undefined } : undefined;
}

/**
 * Returns MPYFLEET_API_KEY, else a key that is created once and stored in a file that only the user
 * can read.
 */
async function tokenOf(cli: Cli): Promise<{ token: string; from: string }> {
  const given = cli.env.MPYFLEET_API_KEY;
  if (given) return { token: given, from: 'MPYFLEET_API_KEY' };
  const file = join(stateFolder(cli.env), 'api-key');
  const kept = await orAbsent(readFile(file, 'utf8'), undefined);
  if (kept !== undefined) return { token: kept.trim(), from: file };
  const token = randomBytes(24).toString('base64url');
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(file, `${token}\n`, { mode: 0o600, flag: 'wx' });
  return { token, from: file };
}
