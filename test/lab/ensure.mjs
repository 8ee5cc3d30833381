// @ts-check
// Sets up the lab's parts, each once per machine: installs packages from apt, and builds the rest into the cache.
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkNeeded } from './needs.mjs';
import { cacheDir, hashOf, lab, root } from './paths.mjs';
import { launch, run } from './process.mjs';

const boards = join(lab, 'boards');
const newerRelease = join(boards, 'newerRelease.sh');
const stubs = join(root, 'node_modules/esptool-js/lib/targets/stub_flasher');
const frozenBuild = join(boards, 'frozen.sh');
const agentSources = ['board/agent', 'scripts/buildAgent.mjs'].map((name) => join(root, name));
const buildTools = ['gcc', 'libc6-dev', 'make', 'pkg-config', 'dpkg-dev', 'xz-utils', 'python3'];
const armTools = ['gcc-arm-none-eabi', 'libnewlib-arm-none-eabi', 'qemu-system-arm'];

/**
 * For each part, its Debian packages, its build, and the paths of the result.
 * @type {Record<PartName, { apt: string[], build?: { sources: string[], command: (out: string) => string[] }, paths: (out: string) => Record<string, string> }>}
 * @typedef {'uboard' | 'mpboard' | 'frozen' | 'pico' | 'microbit' | 'mosquitto' | 'ejabberd' | 'chromium' | 'codeserver' | 'codeserverOldest' | 'mpremote' | 'packages' | 'python' | 'nbformat' | 'sshd' | 'micropython' | 'shells' | 'esp' | 'postgres' | 'telnet'} PartName
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
  // mpboard with the agent frozen into its firmware.
  frozen: {
    apt: [...buildTools, ...armTools],
    build: {
      sources: [frozenBuild, newerRelease, join(boards, 'mpboard'), ...agentSources],
      command: (out) => [frozenBuild, 'mpboard', newerState(), out],
    },
    paths: (out) => ({ firmware: join(out, 'firmware', 'firmware.elf') }),
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
  codeserver: codeServer('newest'),
  codeserverOldest: codeServer('oldest'),
  mpremote: {
    apt: ['python3', 'python3-serial', 'python3-platformdirs'],
    build: {
      sources: [join(lab, 'mpremote.sh')],
      command: (out) => [join(lab, 'mpremote.sh'), out],
    },
    paths: (out) => ({ program: join(out, 'mpremote'), version: join(out, 'version') }),
  },
  packages: {
    apt: ['dpkg-dev', 'xz-utils', 'python3'],
    build: {
      sources: [join(lab, 'packages.sh'), join(lab, 'packages.py'), newerRelease],
      command: (out) => [join(lab, 'packages.sh'), newerState(), out],
    },
    paths: (out) => ({ trees: join(out, 'packages.json') }),
  },
  // Debian's program `micropython` for computers, with the libraries of its release.
  micropython: {
    apt: [],
    build: {
      sources: [join(lab, 'micropython.sh'), newerRelease],
      command: (out) => [join(lab, 'micropython.sh'), newerState(), out],
    },
    paths: (out) => ({ folder: join(out, 'bin') }),
  },
  python: { apt: ['python3'], paths: () => ({ program: '/usr/bin/python3' }) },
  // Debian's esptool, and a library that gives a pty modem lines. The stand-ins for the boards are plain Python.
  esp: {
    apt: [
      ...['gcc', 'libc6-dev', 'python3', 'python3-serial', 'python3-bitstring'],
      ...['python3-cryptography', 'python3-ecdsa', 'python3-intelhex', 'python3-yaml'],
    ],
    build: {
      sources: [join(lab, 'esp', 'build.sh'), join(lab, 'esp', 'lines.c'), newerRelease],
      command: (out) => [join(lab, 'esp', 'build.sh'), stubs, newerState(), out],
    },
    paths: (out) => ({ esptool: join(out, 'esptool'), lines: join(out, 'lines.so') }),
  },
  // Jupyter's own notebook reader, which validates files.
  nbformat: { apt: ['python3-nbformat'], paths: () => ({ program: '/usr/bin/python3' }) },
  // An SSH server in a library, not a service: nothing listens on the machine after the tests.
  sshd: {
    apt: ['python3-asyncssh', 'openssh-client'],
    paths: () => ({
      program: '/usr/bin/python3',
      ssh: '/usr/bin/ssh',
      keygen: '/usr/bin/ssh-keygen',
    }),
  },
  telnet: { apt: ['inetutils-telnet'], paths: () => ({ program: '/usr/bin/telnet' }) },
  postgres: { apt: ['postgresql'], paths: () => ({}) },
  shells: {
    apt: ['zsh', 'fish'],
    paths: () => ({ bash: '/bin/bash', zsh: '/usr/bin/zsh', fish: '/usr/bin/fish' }),
  },
};

/** Returns the folder for sources and packages of the newer Debian release. */
const newerState = () => join(cacheDir(), `source-${hashOf([newerRelease])}`);

/** @param {string} name */
function board(name) {
  const script = join(boards, 'build.sh');
  return {
    sources: [script, newerRelease, join(boards, name)],
    command: (/** @type {string} */ out) => [script, name, newerState(), out],
  };
}

/** @param {'newest' | 'oldest'} version of VS Code */
function codeServer(version) {
  const folder = join(lab, 'codeserver');
  return {
    apt: ['g++', 'make', 'python3', 'libkrb5-dev', 'pkg-config', 'ripgrep'],
    build: {
      sources: [folder],
      command: (/** @type {string} */ out) => [join(folder, 'install.sh'), out, version],
    },
    paths: (/** @type {string} */ out) => ({
      node: join(out, 'node', 'bin', 'node'),
      server: join(out, 'node_modules', 'code-server', 'lib', 'vscode', 'out', 'server-main.js'),
    }),
  };
}

/**
 * Sets up one part of the lab unless it exists, and returns its paths. Concurrent callers wait for each other.
 * @param {PartName} name
 * @returns {Promise<Record<string, string>>}
 * @throws Error with the log of the failed command; also if the current step of `npm test` does not list the part in needs.mjs
 */
export async function ensure(name) {
  checkNeeded(name);
  const part = parts[name];
  await installPackages(part.apt);
  if (!part.build) return part.paths('');
  const out = join(cacheDir(), `${name}-${hashOf(part.build.sources)}`);
  const done = join(out, '.done');
  if (!existsSync(done)) {
    // Builds from Debian's sources share one source tree. The server from npm can be built at the same time.
    await withLock(name.startsWith('codeserver') ? 'codeserver' : 'source', async () => {
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

/** The last holder of each lock in this process. Locks are granted in the order of the requests. @type {Map<string, Promise<unknown>>} */
const holders = new Map();

/**
 * Holds a lock of the cache while `work` runs, also against other processes, so that none of them uses an outdated source tree
 * or a half-built board.
 * @param {'apt' | 'source' | 'codeserver' | 'package'} name
 * @param {() => Promise<void>} work
 */
export function withLock(name, work) {
  const before = holders.get(name) ?? Promise.resolve();
  const mine = before.then(() => locked(name, work));
  holders.set(
    name,
    mine.catch(() => undefined),
  );
  return mine;
}

/** @param {string} name @param {() => Promise<void>} work */
async function locked(name, work) {
  const file = join(cacheDir(), `${name}.lock`);
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
  const unsure = packages.filter((name) => !present.has(name));
  if (unsure.length === 0) return;
  const there = await installedOf(unsure);
  for (const name of there) present.add(name);
  const missing = unsure.filter((name) => !there.has(name));
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
  await withLock('apt', async () => {
    if (readdirSync('/var/lib/apt/lists').length < 3) await run([...apt, 'update']);
    const command = [...apt, 'install', '--no-install-recommends', ...missing];
    // An outdated package list names packages that the mirror no longer has. Update it and retry once.
    await run(command).catch(async () => {
      await run([...apt, 'update']);
      await run(command);
    });
  });
  for (const name of missing) present.add(name);
  // The lab starts its own brokers, so Debian's services must not run.
  const services = missing.filter((name) => ['mosquitto', 'ejabberd'].includes(name));
  if (services.length > 0 && existsSync('/run/systemd/system')) {
    await run([...asRoot, 'systemctl', 'disable', '--now', ...services]);
  }
}

/** Returns the packages that are installed. @param {string[]} packages @returns {Promise<Set<string>>} */
async function installedOf(packages) {
  const format = '${Package} ${db:Status-Status}\\n';
  // dpkg-query exits with 1 if it does not know one of the packages.
  const query = ['sh', '-c', 'dpkg-query -W -f "$@" 2>/dev/null || true', 'query', format];
  const lines = (await run([...query, ...packages])).split('\n');
  return new Set(packages.filter((name) => lines.includes(`${name} installed`)));
}

/** @param {string} text */
function say(text) {
  process.stderr.write(`lab: ${text}\n`);
}
