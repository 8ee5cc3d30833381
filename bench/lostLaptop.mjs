// @ts-check
// node bench/lostLaptop.mjs [BOARDS]: two administrators with keys of their own on thirty real boards, three of which are away
// when one laptop is lost. One command revokes its keys. They are tried on the wire before, afterwards, and repeatedly while the
// three boards return.
import { availableParallelism, loadavg } from 'node:os';
import {
  countOf,
  must,
  placeOf,
  rows,
  startBoards,
  startOffice,
  startReport,
  untilThere,
} from './agentBoards.mjs';

const count = countOf(30);
const AWAY = [0, Math.floor(count / 2), count - 1];
/** Attempts with the lost keys while the boards come back. */
const ATTEMPTS = 20;
const MAIN = 'import mpyfleet\nmpyfleet.start()\n';
const PASSPHRASE = { MPYFLEET_PASSPHRASE: 'a long enough passphrase' };

const { broker, mpyfleet } = await startOffice();
/** @type {Awaited<ReturnType<typeof startBoards>>} */
let boards = [];
const { say, end } = startReport('keys');
try {
  await main();
} finally {
  await Promise.all(boards.map((board) => board?.stop()));
  await broker.stop();
}
end();

async function main() {
  boards = await startBoards({
    ...{ count, prefix: 'k', port: broker.port, main: MAIN, config: { sessions: 64 } },
  });
  const places = boards.map(placeOf);
  const on = (/** @type {string[]} */ which) => [
    '-b',
    which.join(','),
    '--json',
    '-P',
    String(count),
  ];
  say(
    `${count} real boards, mosquitto, ${availableParallelism()} cores (load ${loadavg()[0]?.toFixed(1)})`,
  );

  const versions = (/** @type {string[]} */ which, /** @type {string} */ keys) => async () =>
    rows(await mpyfleet([...on(which), 'agent', 'update', '--dry-run'], { keys })).map(
      (r) => r.value?.agent,
    );
  await untilThere(versions(places, 'keys.json'));

  // Each administrator's computer has its own key file; the first command runs on the office's.
  for (const name of ['ann', 'bo']) {
    const given = await mpyfleet(
      [...on(places), 'keys', 'add', name, '--role', 'admin', '--file', `${name}.keys`],
      { env: PASSPHRASE },
    );
    must(given.status === 0, `${name} gets keys`, given.err);
    const opened = await mpyfleet(['keys', 'import', `${name}.keys`], {
      ...{ keys: `${name}.json`, env: PASSPHRASE },
    });
    must(opened.status === 0, `${name}'s computer has them`, opened.err);
  }
  for (const keys of ['ann.json', 'bo.json']) {
    const open = await opens(on(places), keys);
    must(open.length === count, `${keys} opens every board`, open.length);
  }
  say(`two administrators, ann and bo: each opens ${count} of ${count}`);

  await Promise.all(AWAY.map((i) => boards[i]?.kill()));
  const revoked = await mpyfleet([...on(places), 'keys', 'revoke', 'bo']);
  must(revoked.status === 0, 'one command revokes', revoked.err);
  const how = rows(revoked).map((r) => r.value?.how);
  const left = how.filter((h) => h === 'left').length;
  must(left === AWAY.length, 'three were away', how);
  say(
    `"keys revoke bo" with ${left} boards away: ${how.length - left} changed, ${left} left at the broker, in ${revoked.seconds.toFixed(1)} s`,
  );
  const still = await opens(on(places), 'bo.json');
  must(still.length === 0, 'the lost keys open no board', still);
  say(`the lost keys afterwards: open ${still.length} of ${count}`);

  // The attempts begin before the boards are on, so that the first moment of each is tried.
  const back = AWAY.map((i) => places[i] ?? '');
  let opened = 0;
  const trying = (async () => {
    for (let n = 0; n < ATTEMPTS; n++) opened += (await opens(on(back), 'bo.json')).length;
  })();
  await Promise.all(AWAY.map((i) => boards[i]?.restart()));
  await untilThere(versions(back, 'ann.json'));
  const there = await opens(on(back), 'ann.json');
  must(there.length === AWAY.length, 'the three are back', there);
  await trying;
  const last = await opens(on(places), 'bo.json');
  must(opened + last.length === 0, 'the lost keys open none that came back', { opened, last });
  say(
    `while the ${AWAY.length} came back: ${ATTEMPTS} attempts on each with the lost keys opened ${opened}; afterwards they open ${last.length} of ${count}`,
  );
  const others = await opens(on(places), 'ann.json');
  must(others.length === count, 'ann still opens every board', others.length);
  say(`ann's keys: open ${others.length} of ${count}`);
}

/** The boards that a key file opens: a session with a command in it. @param {string[]} on @param {string} keys */
async function opens(on, keys) {
  const ran = await mpyfleet([...on, 'ls', '/'], { keys });
  const result = rows(ran);
  for (const { status, error } of result) {
    if (status === 'ok') continue;
    must(
      /key|away|not connected/.test(String(error?.message)),
      'a refusal says why',
      error?.message,
    );
  }
  return result.filter((r) => r.status === 'ok').map((r) => r.board);
}
