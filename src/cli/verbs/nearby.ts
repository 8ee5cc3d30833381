import { UsageError } from '../../core/errors';
import { ACCESS_POINT_PAGE, boardsNear, byHand, nearNetworks, runTool } from '../../core/setup';
import { printable, type VerbRun } from '../cli';
import { keyStore } from '../broker';

/** `nearby`: lists access points of boards, found with the tools of the system. */
export const run: VerbRun = async (cli, args) => {
  if (args.length > 0) throw new UsageError('nearby takes no arguments');
  const networks = await nearNetworks(runTool);
  if (networks === undefined) {
    throw new UsageError('This computer has no tool that lists Wi-Fi networks', {
      hint: `${byHand()}.`,
    });
  }
  const store = keyStore(cli);
  const boards = await boardsNear(networks, (uid) => store.key(uid));
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
