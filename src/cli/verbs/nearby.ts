import { UsageError } from '../../core/errors';
import {
  ACCESS_POINT_PAGE,
  boardNamed,
  boardsNear,
  byHand,
  nearNetworks,
  runTool,
} from '../../core/setup';
import { printable, type VerbRun } from '../cli';
import { keyStore } from '../broker';

/** `nearby [NETWORK]`: lists access points of boards, found with the tools of the system, or the one that a phone shows. */
export const run: VerbRun = async (cli, args) => {
  const [name, ...more] = args;
  if (more.length > 0) throw new UsageError('nearby takes the name of one network');
  const store = keyStore(cli);
  const keyOf = (uid: string) => store.key(uid);
  const boards =
    name === undefined
      ? await boardsNear(await networksHere(), keyOf)
      : [await boardNamed(name, keyOf)];
  if (cli.options.json) {
    cli.out(`${JSON.stringify(boards, undefined, 2)}\n`);
    return 0;
  }
  for (const { ssid, signal, password } of boards) {
    const strength = signal === undefined ? '' : `  ${signal} %`;
    cli.out(printable(`${ssid}${strength}  ${password ?? '(no admin key here)'}\n`));
  }
  cli.err(
    boards.length > 0
      ? `Join the network with its password, and open ${ACCESS_POINT_PAGE}\n`
      : `No board has opened a network. ${byHand()}.\n`,
  );
  return 0;
};

/** @throws UsageError on a computer without a tool for it */
async function networksHere() {
  const networks = await nearNetworks(runTool);
  if (networks) return networks;
  throw new UsageError('This computer has no tool that lists Wi-Fi networks', {
    hint: `${byHand()}. "mpyfleet nearby NETWORK" shows the password of the network that you see there.`,
  });
}
