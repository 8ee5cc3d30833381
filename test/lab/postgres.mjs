// @ts-check
// A PostgreSQL server for one test, in the newest version that Debian has installed.
import { chownSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:net';
import { ensure } from './ensure.mjs';
import { removeTempDir, tempDir } from './paths.mjs';
import { freePort, launch, run } from './process.mjs';

const USER = 'fleet';

/**
 * @typedef {object} Postgres
 * @property {string} url with the login
 * @property {() => Promise<void>} stop
 * @property {() => Promise<void>} restart kills it, like a power failure, and starts it on the same port with its data
 */

/** Starts a server with an empty database. Resolves when it answers. @returns {Promise<Postgres>} */
export async function startPostgres() {
  await ensure('postgres');
  const versions = '/usr/lib/postgresql';
  const [newest = ''] = readdirSync(versions).sort((a, b) => Number(b) - Number(a));
  const bin = join(versions, newest, 'bin');
  const dir = tempDir('postgres');
  const as = process.getuid?.() === 0 ? asPackageUser(dir) : [];
  const data = join(dir, 'data');
  const options = ['-A', 'trust', '-U', USER, '-E', 'UTF8', '--no-sync', '--locale=C.UTF-8'];
  await run([...as, join(bin, 'initdb'), '-D', data, ...options], { cwd: '/' });
  const port = await freePort();
  const command = [...as, join(bin, 'postgres'), '-D', data, '-p', String(port)];
  command.push('-c', 'listen_addresses=127.0.0.1', '-c', `unix_socket_directories=${dir}`);
  // Changing the user clears PDEATHSIG, which ends the server with its parent, so it is set again.
  const tied = ['setpriv', '--pdeathsig', 'KILL'];
  const start = () =>
    launch(
      [...command.slice(0, as.length), ...(as.length ? tied : []), ...command.slice(as.length)],
      {
        ready: /database system is ready to accept connections/,
        cwd: '/',
      },
    );
  let server = await start();
  await accepts(port);
  return {
    url: `postgres://${USER}@127.0.0.1:${port}/postgres`,
    stop: async () => {
      await server.stop();
      removeTempDir(dir);
    },
    restart: async () => {
      await server.kill();
      server = await start();
    },
  };
}

/**
 * Gives the folder to the user of Debian's package, because the server refuses to run as root. In a namespace that has only root,
 * the server runs as root under another number.
 * @param {string} dir @returns {string[]} the start of a command that runs a program as that user
 */
function asPackageUser(dir) {
  const { uid, gid } = statSync('/var/lib/postgresql');
  try {
    chownSync(dir, uid, gid);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EINVAL') throw error;
    return ['unshare', '--user', '--map-user=1000', '--map-group=1000'];
  }
  return ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
}

/** @param {number} port @returns {Promise<void>} */
function accepts(port) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
  });
}
