// @ts-check
// Requires a new version of the agent (VERSION in board/agent/copy/agent.py) for each change of its compiled files: with the old
// version, boards that have the files of before would count as up to date. `node scripts/agentVersion.mjs` records version and
// files in board/agent/version.json; if only the files are new, it raises the version first. A comment changes nothing.
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { agentModules } from './buildAgent.mjs';

const RECORD = new URL('../board/agent/version.json', import.meta.url);
const SOURCE = new URL('../board/agent/copy/agent.py', import.meta.url);
const VERSION = /^(VERSION = ")([\w.]+)(")$/m;

/** @typedef {{ version: string, sha256: string }} AgentRecord of the compiled files without the version in them */

/** Returns the record of the sources as they are. @returns {Promise<AgentRecord>} */
export async function currentAgent() {
  const version = VERSION.exec(await readFile(SOURCE, 'utf8'))?.[2] ?? '';
  const hash = createHash('sha256');
  for (const [name, mpy] of [...(await agentModules())].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const text = Buffer.from(mpy).toString('latin1').replaceAll(version, '');
    hash.update(`${name} ${text.length}\n`).update(text, 'latin1');
  }
  return { version, sha256: hash.digest('hex') };
}

/** Returns the record that belongs to the version. @returns {Promise<AgentRecord>} */
export async function recordedAgent() {
  return JSON.parse(await readFile(RECORD, 'utf8'));
}

/** Raises the last number of the version in the source. */
async function raiseVersion() {
  const source = await readFile(SOURCE, 'utf8');
  const next = source.replace(VERSION, (_, before, version, after) => {
    const [last = '0', ...rest] = version.split('.').reverse();
    return before + [...rest.reverse(), Number(last) + 1].join('.') + after;
  });
  await writeFile(SOURCE, next);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [now, before] = [await currentAgent(), await recordedAgent()];
  if (now.sha256 !== before.sha256 && now.version === before.version) await raiseVersion();
  const record = await currentAgent();
  await writeFile(RECORD, `${JSON.stringify(record, undefined, 2)}\n`);
  console.log(`The agent is ${record.version}`);
}
