// @ts-check
// A real MQTT broker for one test: plain, TLS with its own authority, users, ACL, WebSockets.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:net';
import { ensure } from './ensure.mjs';
import { removeTempDir, tempDir } from './paths.mjs';
import { freePort, launch, run } from './process.mjs';

/**
 * @typedef {object} MosquittoOptions
 * @property {boolean} [tls] also listens with TLS; the certificate is for `localhost` and 127.0.0.1
 * @property {boolean} [ws] also listens for WebSockets
 * @property {Record<string, string>} [users] password by name; default: everyone may connect
 * @property {string[]} [acl] lines of an ACL file, e.g. `user kitchen`, `topic readwrite mpyfleet/kitchen/#`
 * @property {string[]} [config] further lines of mosquitto.conf, e.g. `max_queued_messages 10`
 * @property {number} [port] of the plain listener; default: a free one
 */

/**
 * @typedef {object} Mosquitto
 * @property {number} port
 * @property {string} url
 * @property {number} [tlsPort]
 * @property {string} [tlsUrl]
 * @property {string} [ca] path of the authority's certificate (PEM)
 * @property {number} [wsPort]
 * @property {string} [wsUrl]
 * @property {() => string} log returns the end of its log
 * @property {() => Promise<void>} stop
 * @property {() => Promise<void>} kill
 * @property {() => Promise<void>} restart kills it and starts it on the same ports; sessions that are not persistent are lost
 */

/**
 * Starts a broker. Resolves when it answers.
 * @param {MosquittoOptions} [options]
 * @returns {Promise<Mosquitto>}
 */
export async function startMosquitto(options = {}) {
  const { program = '' } = await ensure('mosquitto');
  const dir = tempDir('mosquitto');
  const port = options.port ?? (await freePort());
  const tlsPort = options.tls ? await freePort() : undefined;
  const wsPort = options.ws ? await freePort() : undefined;
  // `user root`: dropping privileges would also clear PDEATHSIG, which ends it with its parent.
  const lines = ['user root', 'log_dest stdout', 'log_type all', 'per_listener_settings false'];
  lines.push(...(await accessLines(dir, options)));
  lines.push(`listener ${port} 127.0.0.1`);
  if (tlsPort !== undefined) {
    await makeCertificates(dir);
    lines.push(
      `listener ${tlsPort} 127.0.0.1`,
      `certfile ${dir}/server.pem`,
      `keyfile ${dir}/server.key`,
    );
  }
  if (wsPort !== undefined) lines.push(`listener ${wsPort} 127.0.0.1`, 'protocol websockets');
  const file = join(dir, 'mosquitto.conf');
  lines.push(...(options.config ?? []));
  writeFileSync(file, [...lines, ''].join('\n'));

  // It opens one listener after the other, and reads the certificates in between.
  const listeners = lines.flatMap((line) => {
    const [, at, host] = /^listener (\d+) (\S+)$/.exec(line) ?? [];
    return at === undefined ? [] : [{ port: Number(at), host }];
  });
  const acceptAll = async () => {
    const all = await Promise.all(listeners.map((each) => accepts(each.port, each.host)));
    return all.every(Boolean);
  };
  const start = () => launch([program, '-c', file], { ready: acceptAll });
  let broker = await start();
  return {
    port,
    url: `mqtt://127.0.0.1:${port}`,
    ...(tlsPort !== undefined && {
      tlsPort,
      tlsUrl: `mqtts://localhost:${tlsPort}`,
      ca: join(dir, 'ca.pem'),
    }),
    ...(wsPort !== undefined && { wsPort, wsUrl: `ws://127.0.0.1:${wsPort}/mqtt` }),
    log: () => broker.output(),
    stop: async () => {
      await broker.stop();
      removeTempDir(dir);
    },
    kill: () => broker.kill(),
    restart: async () => {
      await broker.kill();
      broker = await start();
    },
  };
}

/**
 * @param {string} dir
 * @param {MosquittoOptions} options
 */
async function accessLines(dir, { users, acl }) {
  const lines = [`allow_anonymous ${users ? 'false' : 'true'}`];
  if (users) {
    const file = join(dir, 'passwords');
    writeFileSync(
      file,
      Object.entries(users)
        .map(([name, password]) => `${name}:${password}\n`)
        .join(''),
      { mode: 0o600 },
    );
    await run(['mosquitto_passwd', '-U', file]);
    lines.push(`password_file ${file}`);
  }
  if (acl) {
    writeFileSync(join(dir, 'acl'), `${acl.join('\n')}\n`, { mode: 0o600 });
    lines.push(`acl_file ${dir}/acl`);
  }
  return lines;
}

/** Creates an authority and a server certificate signed by it: ca.pem, server.pem, server.key. @param {string} dir */
async function makeCertificates(dir) {
  const openssl = (/** @type {string[]} */ ...args) => run(['openssl', ...args], { cwd: dir });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await openssl(
    'req',
    '-x509',
    ...key,
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-days',
    '30',
    '-subj',
    '/CN=Lab authority',
  );
  writeFileSync(join(dir, 'san'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n');
  await openssl(
    'req',
    ...key,
    '-keyout',
    'server.key',
    '-out',
    'server.csr',
    '-subj',
    '/CN=localhost',
  );
  const sign = [
    '-CA',
    'ca.pem',
    '-CAkey',
    'ca.key',
    '-CAcreateserial',
    '-days',
    '30',
    '-extfile',
    'san',
  ];
  await openssl('x509', '-req', '-in', 'server.csr', '-out', 'server.pem', ...sign);
}

/**
 * Returns whether a process accepts TCP connections at the port.
 * @param {number} port @param {string} [host] @returns {Promise<boolean>}
 */
export function accepts(port, host = '127.0.0.1') {
  return new Promise((resolve) => {
    const socket = connect(port, host);
    socket.once('connect', () => (socket.destroy(), resolve(true)));
    socket.once('error', () => resolve(false));
  });
}
