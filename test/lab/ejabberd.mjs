// @ts-check
// ejabberd with MQTT on the loopback interface, as one node or as a cluster of two: a broker for large installations.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensure } from './ensure.mjs';
import { accepts } from './mosquitto.mjs';
import { removeTempDir, tempDir } from './paths.mjs';
import { freePort, launch, pollUntil, run } from './process.mjs';

/** Time limit, in milliseconds, for two Erlang machines to find each other on a busy computer. */
const JOIN_MS = 90_000;
/** Time limit, in milliseconds, of one call. A node that is starting may not answer. */
const RPC_MS = 20_000;

/**
 * @typedef {object} EjabberdNode
 * @property {string} name Erlang node name
 * @property {number} port
 * @property {string} url
 * @property {string} ctl path of a script that runs ejabberd's own command line for this node
 * @property {() => Promise<void>} kill kills only this node, at once
 * @property {() => Promise<void>} restart kills and starts the node; it rejoins its cluster automatically
 */

/**
 * Users log in with `name@localhost` as the MQTT user name.
 * @typedef {{ users?: Record<string, string>, rules?: string }} EjabberdOptions password by name; default: maker, "secret".
 *   `rules`: YAML with `modules` (mod_mqtt) and its requirements; default: everyone may do everything
 */

/**
 * Starts one node.
 * @param {EjabberdOptions} [options]
 * @returns {Promise<EjabberdNode & { stop: () => Promise<void> }>}
 */
export async function startEjabberd(options = {}) {
  const lab = await startErlang(options);
  const node = await lab.node('a');
  await lab.register(node);
  return { ...node, stop: () => lab.stop([node]) };
}

/**
 * Starts two nodes that form one cluster.
 * @param {EjabberdOptions} [options]
 * @returns {Promise<{ nodes: [EjabberdNode, EjabberdNode], stop: () => Promise<void> }>}
 */
export async function startEjabberdCluster(options = {}) {
  const lab = await startErlang(options);
  const a = await lab.node('a');
  const b = await lab.node('b');
  let joined = '';
  const areOne = async () => {
    if ((await lab.rpc(a.name, 'ejabberd_cluster, get_nodes, []')).includes(b.name)) return true;
    // Joining restarts the node's ejabberd, which must be running before each attempt.
    if (await lab.runs(b.name)) {
      joined = await lab.rpc(b.name, `ejabberd_cluster, join, ['${a.name}']`);
    }
    return false;
  };
  if (!(await pollUntil(areOne, JOIN_MS))) {
    throw new Error(`the nodes do not form a cluster: join says ${joined}`);
  }
  await lab.register(a);
  return { nodes: [a, b], stop: () => lab.stop([a, b]) };
}

/** Starts the name server of Erlang's nodes. Returns functions that start and control nodes. @param {EjabberdOptions} options */
async function startErlang({ users = { maker: 'secret' }, rules }) {
  await ensure('ejabberd');
  const dir = tempDir('ejabberd');
  const cookie = `lab${process.pid}`;
  const epmdPort = await freePort();
  const env = { ERL_EPMD_PORT: String(epmdPort), HOME: dir, ERL_LIBS: libraries() };
  const epmd = await launch(['epmd', '-port', String(epmdPort), '-address', '127.0.0.1'], {
    ready: () => accepts(epmdPort),
    env,
  });

  /** Evaluates an Erlang expression in a machine that reaches the nodes. Returns the value as Erlang writes it. @param {string} what */
  const erlang = (what) =>
    run(
      [
        ...['erl', '-noinput', '-hidden', '-name', `ctl${process.pid}@127.0.0.1`],
        ...['-setcookie', cookie, '-eval', `io:format("~p", [${what}]), halt().`],
      ],
      { env },
    );

  /** Calls a function on a node. @param {string} node @param {string} call `module, function, [Arguments]` in Erlang */
  const rpc = (node, call) => erlang(`rpc:call('${node}', ${call}, ${RPC_MS})`);

  /** Returns whether ejabberd is running on a node. @param {string} node */
  const runs = async (node) =>
    (await rpc(node, 'application, which_applications, []')).includes('{ejabberd,');

  /**
   * Starts a node and waits until it is complete. A node listens before its options and users exist, and one that joins a cluster
   * then never recovers.
   */
  const start = async (/** @type {string} */ short, /** @type {number} */ port) => {
    const running = await launchNode(short, port);
    const name = `${short}@127.0.0.1`;
    if (await pollUntil(() => runs(name), JOIN_MS)) return running;
    throw new Error(`ejabberd does not start at ${name}`);
  };

  const launchNode = (/** @type {string} */ short, /** @type {number} */ port) => {
    const home = join(dir, short);
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, 'ejabberd.yml'), configuration(port, rules));
    return launch(
      [
        ...['erl', '-noinput', '-name', `${short}@127.0.0.1`, '-setcookie', cookie, '+P', '250000'],
        ...[
          '-mnesia',
          'dir',
          `"${home}/mnesia"`,
          '-kernel',
          'inet_dist_use_interface',
          '{127,0,0,1}',
        ],
        ...['-s', 'ejabberd'],
      ],
      {
        ready: () => accepts(port),
        env: {
          ...env,
          EJABBERD_CONFIG_PATH: join(home, 'ejabberd.yml'),
          EJABBERD_LOG_PATH: join(home, 'ejabberd.log'),
          EJABBERD_PID_PATH: join(home, 'pid'),
        },
      },
    );
  };

  const node = async (/** @type {string} */ short) => {
    const port = await freePort();
    let running = await start(short, port);
    const ctl = join(dir, `${short}-ejabberdctl`);
    writeFileSync(ctl, ejabberdctl(`${short}@127.0.0.1`, cookie, env), { mode: 0o700 });
    return {
      ctl,
      name: `${short}@127.0.0.1`,
      port,
      url: `mqtt://127.0.0.1:${port}`,
      kill: () => running.kill(),
      restart: async () => {
        await running.kill();
        running = await start(short, port);
      },
    };
  };
  return {
    node,
    rpc,
    runs,
    register: async (/** @type {EjabberdNode} */ { name }) => {
      const list = Object.entries(users).map(([user, word]) => `{<<"${user}">>, <<"${word}">>}`);
      const made = await erlang(
        `[rpc:call('${name}', ejabberd_auth, try_register, [U, <<"localhost">>, P]) || {U, P} <- [${list.join()}]]`,
      );
      if (/[^ok,[\]\s]/.test(made)) throw new Error(`ejabberd does not take its users: ${made}`);
    },
    stop: async (/** @type {EjabberdNode[]} */ nodes) => {
      await Promise.all(nodes.map((each) => each.kill()));
      await epmd.kill();
      removeTempDir(dir);
    },
  };
}

/**
 * Returns a script that runs ejabberd's command line for a node. Debian's script of that name makes the same call, but always for
 * the system's own node and as its user.
 * @param {string} node @param {string} cookie @param {Record<string, string>} env
 */
function ejabberdctl(node, cookie, env) {
  const set = Object.entries(env).map(([name, value]) => `export ${name}='${value}'\n`);
  return `#!/bin/sh
${set.join('')}exec erl -noinput -hidden -name "ctl$$@127.0.0.1" -setcookie ${cookie} -s ejabberd_ctl -extra ${node} "$@"
`;
}

/** @param {number} port @param {string} [rules] */
function configuration(port, rules = 'modules:\n  mod_mqtt: {}\n') {
  return `hosts: [localhost]
loglevel: info
auth_method: internal
auth_password_format: scram
listen:
  - port: ${port}
    ip: "127.0.0.1"
    module: mod_mqtt
    backlog: 1000
${rules}`;
}

/** Returns Debian's folder of ejabberd's Erlang libraries, which depends on the architecture. */
function libraries() {
  const base = '/usr/lib';
  for (const folder of readdirSync(base).filter((name) => name.endsWith('-linux-gnu'))) {
    const inside = readdirSync(join(base, folder));
    if (inside.some((name) => name.startsWith('ejabberd'))) return join(base, folder);
  }
  return base;
}
