// @ts-check
// node bench/fleetUpdate.mjs [BOARDS]: one command of mpyfleet updates a hundred real boards with the agent over the air, in waves,
// at a real mosquitto. Three boards are killed midway, and on two the new agent does not work. Then one command gives all of them a
// wrong Wi-Fi password. Fails unless exactly these five are named, none is lost, and every board is reachable afterwards.
import { availableParallelism, loadavg } from 'node:os';
import {
  agentVersion,
  countOf,
  must,
  OLD,
  placeOf,
  rows,
  startBoards,
  startOffice,
  startReport,
  untilThere,
} from './agentBoards.mjs';

const count = countOf(100);
/** Boards that restart whenever they run a new copy of the agent. */
const BROKEN = [3, Math.floor(count / 2)];
const WAVES = '5%,30%,60%';
/** A little more than the five that fail. */
const STOP_AT = `${Math.ceil(600 / count)}%`;
/** The last wave, in which three boards are killed. */
const LAST_WAVE = /^wave 4: /m;
const MAIN = `import network
network.WLAN().connect("nowhere")
import mpyfleet
mpyfleet.start()
`;
const PROGRAM = 'print("the program runs")\n';
const RESTARTS = `import json, machine
with open("/mpyfleet/boot.json") as f:
    if json.load(f).get("trial"):
        machine.reset()
`;

const { broker, mpyfleet } = await startOffice();
/** @type {Awaited<ReturnType<typeof startBoards>>} */
let boards = [];
const { say, end } = startReport('fleet');
try {
  await main();
} finally {
  await Promise.all(boards.map((board) => board?.stop()));
  await broker.stop();
}
end();

async function main() {
  const began = performance.now();
  boards = await startBoards({
    ...{ count, prefix: 'f', port: broker.port, main: MAIN, files: { '/app.py': PROGRAM } },
    config: { app: '/app.py', sessions: 16, wd: { limit: 60, allok: 4 } },
    own: (i) => (BROKEN.includes(i) ? { '/app.py': RESTARTS } : undefined),
  });
  const places = boards.map(placeOf);
  const all = ['-b', places.join(','), '--json', '-P', String(count)];
  say(
    `${count} real boards, mosquitto, ${availableParallelism()} cores (load ${loadavg()[0]?.toFixed(1)}); all booted in ${since(began)} s`,
  );
  await reachable(all, 'before');
  const before = await versions(all);
  must(
    before.every((v) => v === OLD),
    'all have the old agent',
    before,
  );

  // Three that the last wave updates die while it runs.
  const dead = [count - 1, count - 2, count - 3];
  /** @type {Promise<unknown> | undefined} */
  let killing;
  const updated = await mpyfleet(
    [...all, 'agent', 'update', '--waves', WAVES, '--stop-at', STOP_AT],
    {
      onErr: (err) => {
        if (LAST_WAVE.test(err)) killing ??= Promise.all(dead.map((i) => boards[i]?.kill()));
      },
    },
  );
  await killing;
  must(killing !== undefined, 'the last wave began', updated.err);
  const result = rows(updated);
  must(result.length === count, 'every board has a result', result.length);
  const done = result.filter((r) => r.status === 'ok');
  const failed = result.filter((r) => r.status !== 'ok');
  const named = failed.map((r) => r.id).sort();
  const expected = [...dead, ...BROKEN].map((i) => places[i]).sort();
  must(JSON.stringify(named) === JSON.stringify(expected), 'the five are named', {
    failed,
    expected,
  });
  say(
    `agent ${OLD} -> ${agentVersion()} in waves of ${WAVES} and the rest: ${done.length} done, ${failed.length} named, in ${updated.seconds.toFixed(0)} s; exit status ${updated.status}`,
  );
  for (const { board, error } of failed) say(`${board}: ${error?.message}`);

  await Promise.all(dead.map((i) => boards[i]?.restart()));
  await reachable(all, 'after the update, with the three switched on again');
  const after = await versions(all);
  const isNew = after.filter((v) => v === agentVersion()).length;
  must(isNew === done.length, 'those that are done run the new agent', after);
  say(
    `${isNew} run agent ${agentVersion()}, ${after.filter((v) => v === OLD).length} agent ${OLD}`,
  );

  const wifi = 'wifi=[{ssid: lab, password: "{secret:lab}"}]';
  const wrong = await mpyfleet([...all, 'config', 'set', '--trial', '30', wifi], {
    env: { MPYFLEET_SECRET_LAB: 'not-the-password' },
  });
  const taken = rows(wrong).filter((r) =>
    /restored its old settings/.test(String(r.error?.message)),
  );
  must(
    taken.length === count,
    'every board takes the wrong Wi-Fi back',
    rows(wrong).filter((r) => !taken.includes(r)),
  );
  await reachable(all, 'after the wrong Wi-Fi');
  const configs = rows(await mpyfleet([...all, 'config', 'get']));
  must(
    configs.every((r) => r.status === 'ok' && !('wifi' in (r.value ?? {}))),
    'no board keeps it',
  );
  say(
    `a wrong Wi-Fi password, tried for 30 s: taken back by ${taken.length} of ${count}, in ${wrong.seconds.toFixed(0)} s`,
  );
}

/** Waits until all are at the broker; then every board answers a line of code. @param {string[]} all @param {string} when */
async function reachable(all, when) {
  await untilThere(() => versions(all));
  const ran = await mpyfleet([...all, 'exec', 'print(6 * 7)']);
  const silent = rows(ran).filter((r) => r.status !== 'ok' || r.output !== '42\n');
  must(silent.length === 0, `every board answers ${when}`, silent);
  say(`${when}: ${count} of ${count} answer, in ${ran.seconds.toFixed(1)} s`);
}

/** @param {string[]} all */
async function versions(all) {
  const ran = await mpyfleet([...all, 'agent', 'update', '--dry-run']);
  return rows(ran).map((r) => r.value?.agent);
}

/** @param {number} began */
function since(began) {
  return ((performance.now() - began) / 1000).toFixed(0);
}
