// @ts-check
// A package index in mip's format (v2), over real HTTP, made from source trees in memory.
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';

/**
 * @typedef {{ version?: string, files: Record<string, string | Uint8Array>, deps?: [string, string][], description?: string, older?: string[] }} Package
 * `older`: versions that the list contains before the one that is served.
 * @typedef {(name: string, source: string) => Promise<Uint8Array>} Compile
 */

/** @param {string | Uint8Array} content */
const sha256 = (content) => createHash('sha256').update(content).digest('hex');

/**
 * Starts the server. Tests change `routes` while it runs, for example to damage the index.
 * @param {Record<string, Package>} packages
 * @param {{ compile?: Compile, mpyVersion?: number }} [options] `compile`: serves .mpy files in addition to the source
 */
export async function startPackageIndex(packages, options = {}) {
  /** @type {Map<string, string | Uint8Array>} */
  const routes = new Map();
  /** @type {string[]} */
  const asked = [];
  const flavours = options.compile ? ['py', String(options.mpyVersion ?? 6)] : ['py'];
  for (const [name, pkg] of Object.entries(packages)) {
    for (const flavour of flavours) {
      const hashes = [];
      for (const [path, content] of Object.entries(pkg.files)) {
        const compiles = flavour !== 'py' && path.endsWith('.py') && options.compile;
        const bytes = compiles ? await compiles(path, String(content)) : content;
        const hash = sha256(bytes).slice(0, 8);
        routes.set(`/file/${hash.slice(0, 2)}/${hash}`, bytes);
        hashes.push([compiles ? path.replace(/py$/, 'mpy') : path, hash]);
      }
      const version = pkg.version ?? '1.0.0';
      const manifest = JSON.stringify({ v: 1, version, hashes, deps: pkg.deps ?? [] });
      routes.set(`/package/${flavour}/${name}/latest.json`, manifest);
      routes.set(`/package/${flavour}/${name}/${version}.json`, manifest);
    }
  }
  routes.set(
    '/index.json',
    JSON.stringify({
      v: 2,
      packages: Object.entries(packages).map(([name, pkg]) => ({
        name,
        version: pkg.version ?? '1.0.0',
        description: pkg.description ?? '',
        author: 'the lab',
        license: 'MIT',
        versions: { py: [...(pkg.older ?? []), pkg.version ?? '1.0.0'] },
      })),
    }),
  );
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://x').pathname;
    asked.push(path);
    const body = routes.get(path);
    response.statusCode = body === undefined ? 404 : 200;
    response.end(body ?? 'not here');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    routes,
    asked,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(() => resolve(undefined)));
    },
  };
}
