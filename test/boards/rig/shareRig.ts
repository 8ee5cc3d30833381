import { readInfo } from '../../../src/core/board';
import { SessionFiles } from '../../../src/core/files/sessionFiles';
import { silentLog } from '../../../src/core/log';
import { mqttAddress, serialAddress } from '../../../src/core/parseAddress';
import { sharedFacts } from '../../../src/core/share/sharedFacts';
import { TransportLine } from '../../../src/core/share/transportLine';
import { serialTransport } from '../../../src/transports/serial/serialTransport';
import { SharedBoard } from '../../../src/transports/shared/sharedBoard';
import { startUboard } from '../../lab/index.mjs';
import { ADMIN_KEY } from './agent/board';
import { announced, boardName, connectHost } from './mqttRig';

/**
 * A board on a serial line that one part of the product shares through a broker, and a colleague's
 * side of that broker. `sharedUrl`: the broker's address for the part that shares.
 */
export async function startShared(
  url: string,
  files: Record<string, string> = {},
  sharedUrl = url,
) {
  const name = boardName();
  const board = await startUboard({ files, name, heap: 512, sizeKib: 4096 });
  const uid = Buffer.from(name).toString('hex');
  const transport = serialTransport(serialAddress(board.tty), silentLog);
  await transport.open(AbortSignal.timeout(10_000));
  const line = new TransportLine(transport, (withSession) => new SessionFiles(withSession));
  // A board with a main.py is not disturbed: its program continues.
  const info = '/main.py' in files ? { uid } : await transport.withSession((s) => readInfo(s));
  const shared = new SharedBoard({
    profile: { id: 'b', name: 'the broker', url: sharedUrl },
    ...{ line, log: silentLog, adminKey: ADMIN_KEY },
    ...{ facts: sharedFacts(info, name, '/'), secrets: { password: () => Promise.resolve('') } },
  });
  const { brokers, broker } = await connectHost({ url });
  await shared.start();
  await announced(broker, uid);
  return {
    ...{ board, uid, transport, shared, brokers, broker },
    /** A new link of the colleague. */
    link: () => brokers.transport(mqttAddress('b', uid)),
    stop: async () => {
      brokers.dispose();
      await shared.stop();
      line.dispose();
      await transport.close();
      await board.stop();
    },
  };
}
