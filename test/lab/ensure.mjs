// @ts-check
// Sets up the lab's parts, each once per machine: packages from apt, and what is built into the cache.
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDir, hashOf, lab } from './paths.mjs';
import { launch, run } from './process.mjs';

const boards = join(lab, 'boards');
const newerRelease = join(boards, 'newerRelease.sh');
const buildTools = ['gcc', 'libc6-dev', 'make', 'pkg-config', 'dpkg-dev', 'xz-utils', 'python3'];
const armTools = ['gcc-arm-none-eabi', 'libnewlib-arm-none-eabi', 'qemu-system-arm'];
const compilers = ['g++', 'make', 'python3', 'libkrb5-dev', 'pkg-config'];

/**
 * What is installed or built, and where it then is.
 * @type {Record<PartName, { apt: string[], build?: { sources: string[], command: (out: string) => string[] }, paths: (out: string) => Record<string, string> }>}
 * @typedef {'uboard' | 'mpboard' | 'pico' | 'microbit' | 'mosquitto' | 'ejabberd' | 'chromium' | 'codeserver' | 'mpremote' | 'packages' | 'python'} PartName
 */
const parts = {
  uboard: {
    apt: [...buildTools, 'libmbedtls-dev'],
    build: board('uboard'),
    paths: (out) => ({ program: join(out, 'uboard') }),
  },
  mpboard: {
    apt: [...buildTools, ...armTools],
    build: board('mpboard'),
    paths: (out) => ({ firmware: join(out, 'firmware.elf') }),
  },
  pico: {
    apt: [...buildTools, ...armTools, 'cmake', 'g++', 'libstdc++-arm-none-eabi-newlib'],
    build: board('pico'),
    paths: (out) => ({ firmware: join(out, 'firmware.bin'), modules: out }),
  },
  microbit: {
    apt: ['qemu-system-arm', 'firmware-microbit-micropython'],
    paths: () => ({ firmware: '/usr/share/firmware-microbit-micropython/firmware.hex' }),
  },
  mosquitto: {
    apt: ['mosquitto', 'mosquitto-clients', 'openssl'],
    paths: () => ({ program: '/usr/sbin/mosquitto' }),
  },
  ejabberd: { apt: ['ejabberd', 'mosquitto-clients'], paths: () => ({}) },
  chromium: { apt: ['chromium'], paths: () => ({ program: '/usr/bin/chromium' }) },
  codeserver: {
    apt: compilers,
    build: {
      sources: [join(lab, 'codeserver')],
      command: (out) => [join(lab, 'codeserver', 'install.sh'), out],
    },
    paths: (out) => ({
      node: join(out, 'node', 'bin', 'node'),
      server: join(out, 'node_modules', 'code-server', 'lib', 'vscode', 'out', 'server-main.js'),
    }),
  },
  mpremote: {
    apt: ['python3', 'python3-serial'],
    build: {
      sources: [join(lab, 'mpremote.sh'), newerRelease],
      command: (out) => [join(lab, 'mpremote.sh'), newerState(), out],
    },
    paths: (out) => ({ program: join(out, 'mpremote') }),
  },
  packages: {
    apt: ['dpkg-dev', 'xz-utils', 'python3'],
    build: {
      sources: [join(lab, 'packages.sh'), join(lab, 'packages.py'), newerRelease],
      command: (out) => [join(lab, 'packages.sh'), newerState(), out],
    },
    paths: (out) => ({ trees: join(out, 'packages.json') }),
  },
  python: { apt: ['python3'], paths: () => ({ program: '/usr/bin/python3' }) },
};

/** The folder for sources and packages of the newer Debian release. */
const newerState = () => join(cacheDir(), `source-${hashOf([newerRelease])}`);

/** @param {string} name */
function board(name) {
  const script = join(boards, 'build.sh');
  return {
    sources: [script, newerRelease, join(boards, name)],
    command: (/** @type {string} */ out) => [script, name, newerState(), out],
  };
}

/**
 * Sets up one part of the lab unless it is there already, and says where it is. Concurrent callers wait for each other.
 * @param {PartName} name
 * @returns {Promise<Record<string, string>>}
 * @throws Error with the log of what failed
 */
export async function ensure(name) {
  const part = parts[name];
  await installPackages(part.apt);
  if (!part.build) return part.paths('');
  const out = join(cacheDir(), `${name}-${hashOf(part.build.sources)}`);
  const done = join(out, '.done');
  if (!existsSync(done)) {
    await withLock(async () => {
      if (existsSync(done)) return;
      say(`setting up ${name} (once per machine; log: ${out}.log)`);
      rmSync(out, { recursive: true, force: true });
      mkdirSync(out, { recursive: true });
      const log = `${out}.log`;
      await run([
        'bash',
        '-c',
        'log=$1; shift; "$@" >"$log" 2>&1 || { tail -n 40 "$log" >&2; exit 1; }',
        'build',
        log,
        ...(part.build?.command(out) ?? []),
      ]);
      writeFileSync(done, '');
    });
  }
  return part.paths(out);
}

/**
 * Holds the one lock of the cache while `work` runs: an outdated source tree or a half-built board is never seen.
 * @param {() => Promise<void>} work
 */
export async function withLock(work) {
  const file = join(cacheDir(), 'lock');
  // flock(1) holds the lock as long as the command under it lives; `cat` lives until its input is closed.
  const lock = await launch(['flock', file, 'sh', '-c', 'echo locked; exec cat'], {
    ready: /^locked$/,
    readyMs: 15 * 60_000, // another process may be building everything
  });
  try {
    await work();
  } finally {
    await lock.stop();
  }
}

/** @type {Promise<unknown>} */
let installing = Promise.resolve();
/** @type {Set<string>} */
const present = new Set();

/**
 * Installs the Debian packages that are missing.
 * @param {string[]} packages
 */
export function installPackages(packages) {
  const work = installing.then(() => install(packages));
  installing = work.catch(() => undefined);
  return work;
}

/** @param {string[]} packages */
async function install(packages) {
  /** @type {string[]} */
  const missing = [];
  for (const name of packages) {
    if (present.has(name) || (await isInstalled(name))) present.add(name);
    else missing.push(name);
  }
  if (missing.length === 0) return;
  if (!existsSync('/usr/bin/apt-get')) {
    throw new Error(
      `these Debian packages are needed and there is no apt to get them: ${missing.join(' ')}`,
    );
  }
  const asRoot = process.getuid?.() === 0 ? [] : ['sudo'];
  if (asRoot.length > 0 && !existsSync('/usr/bin/sudo')) {
    throw new Error(`run as root, or install them first: apt-get install ${missing.join(' ')}`);
  }
  say(`installing ${missing.join(' ')}`);
  const apt = [
    ...asRoot,
    'env',
    'DEBIAN_FRONTEND=noninteractive',
    'apt-get',
    '-qq',
    '-o',
    'DPkg::Lock::Timeout=600',
  ];
  await withLock(async () => {
    if (readdirSync('/var/lib/apt/lists').length < 3) await run([...apt, 'update']);
    const command = [...apt, 'install', '--no-install-recommends', ...missing];
    // A list that is older than its mirror names packages that are gone: then it is read anew, once.
    await run(command).catch(async () => {
      await run([...apt, 'update']);
      await run(command);
    });
  });
  for (const name of missing) present.add(name);
  // The lab starts brokers of its own: those that Debian starts with the machine are not wanted.
  const services = missing.filter((name) => ['mosquitto', 'ejabberd'].includes(name));
  if (services.length > 0 && existsSync('/run/systemd/system')) {
    await run([...asRoot, 'systemctl', 'disable', '--now', ...services]);
  }
}

/** @param {string} name */
async function isInstalled(name) {
  return run(['dpkg-query', '-W', '-f', '${db:Status-Status}', name]).then(
    (status) => status === 'installed',
    () => false,
  );
}

/** @param {string} text */
function say(text) {
  process.stderr.write(`lab: ${text}\n`);
}
