// @ts-check
// A small copy of micropython.org's download pages, in the same HTML, over real HTTP.
import { createServer } from 'node:http';

/**
 * Starts the site.
 * @typedef {{ product: string, vendor: string, port?: string, files: Record<string, Buffer> }} SiteBoard `files` by name, newest first;
 *   `port` of MicroPython, as in the link to the board's source
 * @param {Record<string, SiteBoard>} boards by id
 * @returns {Promise<{ url: string, asked: string[], stop: () => Promise<void> }>} `url` of the page of all boards
 */
export async function startFirmwareSite(boards) {
  /** @type {Map<string, string | Buffer>} */
  const routes = new Map();
  /** @type {string[]} */
  const asked = [];
  const cards = Object.entries(boards).map(
    ([id, { product, vendor }]) =>
      `<a class="board-card" href="${id}">\n<img src="/resources/micropython-media/boards/${id}/a.jpg">\n` +
      `<div class="board-product">${product}</div>\n<div class="board-vendor">${vendor}</div>\n</a>`,
  );
  routes.set(
    '/download/',
    `<!doctype html><html><body><h2>Boards</h2>${cards.join('\n')}</body></html>`,
  );
  for (const [id, { files, port }] of Object.entries(boards)) {
    const source =
      port &&
      `<a href="https://github.com/micropython/micropython/tree/master/ports/${port}/boards/${id}">${port}/${id}</a>`;
    const links = Object.keys(files).map(
      (name) =>
        `<p><a href="/resources/firmware/${name}"><strong>${name}</strong></a> [<a href="#">Release notes</a>]</p>`,
    );
    routes.set(
      `/download/${id}/`,
      `<!doctype html><html><body><h1>${id}</h1>${source ?? ''}${links.join('\n')}</body></html>`,
    );
    for (const [name, content] of Object.entries(files)) {
      routes.set(`/resources/firmware/${name}`, content);
    }
  }
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '');
    asked.push(path);
    const content = routes.get(path);
    response.writeHead(content === undefined ? 404 : 200);
    response.end(content ?? 'Not found');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}/download/`,
    asked,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve(undefined));
        server.closeAllConnections();
      }),
  };
}
