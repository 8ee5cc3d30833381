// @ts-check
// Runs the suites of this folder inside VS Code's extension host, with the packaged extension installed as a user would:
// in the desktop program by @vscode/test-electron where that can be had, else in the server with a headless browser. With
// MPYFLEET_VSCODE=oldest in the oldest VS Code, and its Node, that the extension promises to run in.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import esbuild from 'esbuild';
import { startCodeServer, wantsOldest } from '../lab/codeServer.mjs';
import { installPackages } from '../lab/ensure.mjs';
import { root, tempDir } from '../lab/paths.mjs';
import { run } from '../lab/process.mjs';
import { startUboard } from '../lab/uboard.mjs';
import { packagedExtension } from '../lab/vsix.mjs';
import { openPage } from '../lab/window.mjs';

const RUN_MS = 300_000; // all suites together
const PROBE_MS = 5_000; // is VS Code's download service there?
/** The oldest VS Code that package.json promises to run in. */
const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const OLDEST_VSCODE = engines.vscode.replace('^', '');
const downloads = 'https://update.code.visualstudio.com/api/releases/stable';

/** @typedef {{ tests: import('../runner/report.mjs').Test[], printed: string }} Result */
/** @typedef {{ vsix: string, workspace: string, suites: string, runner: string, env: Record<string, string>, resultFile: string }} Job */

/** @returns {Promise<Result>} */
export async function runHostSuites() {
  const dir = tempDir('host');
  const workspace = join(dir, 'workspace');
  mkdirSync(join(workspace, '.vscode'), { recursive: true });
  const board = await startUboard({ name: 'hostboard', files: { 'hello.py': "print('hello')\n" } });
  const resultFile = join(dir, 'result.json');
  const job = {
    vsix: await packagedExtension(),
    workspace,
    suites: join(await bundle(), 'index.js'),
    runner: join(root, 'test', 'host', 'runner'),
    env: { MPYFLEET_HOST_RESULT: resultFile, MPYFLEET_HOST_TTY: board.tty },
    resultFile,
  };
  try {
    return await inWindow(job);
  } finally {
    await board.stop();
  }
}

/**
 * Runs the suites in a window of their own.
 * @param {Job} job @returns {Promise<Result>}
 */
async function inWindow(job) {
  if (await canDownload()) await inDesktop(job);
  if (!existsSync(job.resultFile)) {
    console.log('VS Code for the desktop cannot be had here: running in its server instead');
    await inServer(job);
  }
  return JSON.parse(readFileSync(job.resultFile, 'utf8'));
}

/** Bundles the suites for the extension host. Returns the folder. */
async function bundle() {
  const outdir = join(root, 'out', 'host');
  const here = join(root, 'test', 'host');
  const suites = readdirSync(here).filter(
    (name) => name === 'index.ts' || name.endsWith('.test.ts'),
  );
  await esbuild.build({
    entryPoints: suites.map((name) => join(here, name)),
    outdir,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    external: ['vscode', 'mocha'],
    loader: { '.py': 'text' },
    sourcemap: 'inline',
    logLevel: 'warning',
  });
  return outdir;
}

async function canDownload() {
  return fetch(downloads, { method: 'HEAD', signal: AbortSignal.timeout(PROBE_MS) }).then(
    (response) => response.ok,
    () => false,
  );
}

/**
 * Leaves no result file when VS Code could not be started.
 * @param {Job} job
 */
async function inDesktop({ vsix, workspace, suites, runner, env }) {
  const { downloadAndUnzipVSCode, resolveCliArgsFromVSCodeExecutablePath, runTests } =
    await import('@vscode/test-electron');
  try {
    const program = await downloadAndUnzipVSCode(wantsOldest() ? OLDEST_VSCODE : 'stable');
    const [cli = '', ...args] = resolveCliArgsFromVSCodeExecutablePath(program);
    await run([cli, ...args, '--no-sandbox', '--install-extension', vsix, '--force']);
    await withDisplay(() =>
      runTests({
        vscodeExecutablePath: program,
        extensionDevelopmentPath: runner,
        extensionTestsPath: suites,
        extensionTestsEnv: env,
        launchArgs: [
          ...args,
          workspace,
          '--no-sandbox',
          '--disable-gpu',
          '--disable-workspace-trust',
        ],
      }),
    );
  } catch (error) {
    // Failed suites end here too; they have left their result.
    console.log(error instanceof Error ? error.message : error);
  }
}

/** @param {() => Promise<unknown>} work */
async function withDisplay(work) {
  if (process.env.DISPLAY) return work();
  await installPackages(['xvfb']);
  const { launch } = await import('../lab/process.mjs');
  const screen = await launch(['sh', '-c', 'exec Xvfb -displayfd 1 -screen 0 1440x900x24'], {
    ready: /^\d+$/,
  });
  process.env.DISPLAY = `:${screen.line}`;
  try {
    return await work();
  } finally {
    delete process.env.DISPLAY;
    await screen.stop();
  }
}

/** @param {Job} job */
async function inServer({ vsix, workspace, suites, runner, env, resultFile }) {
  const server = await startCodeServer({ workspace, vsix, env, testHost: true });
  const opened = await openPage();
  try {
    const remote = (/** @type {string} */ path) =>
      `vscode-remote://127.0.0.1:${server.port}${pathToFileURL(path).pathname}`;
    const payload = [
      ['extensionDevelopmentPath', remote(runner)],
      ['extensionTestsPath', remote(suites)],
    ];
    const exit = new Promise((resolve) =>
      opened.page.exposeFunction('codeAutomationExit', resolve),
    );
    /** @type {string[]} */
    const said = [];
    // VS Code calls these two, if the page has them, while it runs extension tests.
    await opened.page.exposeFunction(
      'codeAutomationLog',
      (/** @type {string} */ _type, /** @type {unknown[]} */ args) =>
        void said.push(args.join(' ')),
    );
    const url = `${server.url}&payload=${encodeURIComponent(JSON.stringify(payload))}`;
    await opened.page.goto(url, { waitUntil: 'commit', timeout: RUN_MS });
    const timer = setTimeout(() => void opened.close(), RUN_MS);
    const closed = new Promise((resolve) => opened.page.once('close', resolve));
    await Promise.race([exit, closed]);
    clearTimeout(timer);
    if (!existsSync(resultFile)) {
      throw new Error(
        `the suites did not finish in VS Code's extension host.\n${said.join('\n')}\n${server.log()}`,
      );
    }
  } finally {
    await opened.close();
    await server.stop();
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { tests, printed } = await runHostSuites();
  const report = { tests, errors: [] };
  writeFileSync(
    process.env.MPYFLEET_REPORT ?? join(root, 'out', 'host.json'),
    JSON.stringify(report),
  );
  console.log(printed);
  const passed = tests.filter(({ state }) => state === 'passed').length;
  process.exitCode = passed === 0 || passed < tests.length ? 1 : 0;
}
