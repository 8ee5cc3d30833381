// @ts-check
// A PostgreSQL server of one's own, of the newest version that Debian has installed.
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
 * @property {() => Promise<void>} restart killed, as by a power failure, and started again on the same port with its data
 */

/** Starts a server with an empty database; it answers when this resolves. @returns {Promise<Postgres>} */
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
  // Changing the user clears the tie to the process that started it, so it is tied again.
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
 * The server refuses to run as root; Debian's package has a user for it, who gets the folder. Where this root is the only user
 * (a namespace without others), the server runs as root under another number.
 * @param {string} dir @returns {string[]} the command that runs another one as that user
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
