import { afterAll, beforeAll } from 'vitest';
import { startEjabberdCluster } from '../lab/index.mjs';
import { describeConformance } from './conformance';
import { AGENT_CANNOT, HOST_USER, linkTo, PASSWORD, startFar, withProgram } from './mqttRig';

let cluster: Awaited<ReturnType<typeof startEjabberdCluster>>;
beforeAll(async () => {
  cluster = await startEjabberdCluster({ users: { [HOST_USER]: PASSWORD, board: PASSWORD } });
});
afterAll(() => cluster.stop());

describeConformance({
  name: 'MQTT, a cluster of two ejabberd nodes, the board at one and the computer at the other',
  cannot: AGENT_CANNOT,
  start: async (files) => {
    const [one, other] = cluster.nodes;
    const far = await startFar(
      { url: other.url, username: `${HOST_USER}@localhost` },
      {
        broker: { host: '127.0.0.1', port: one.port, user: 'board@localhost', password: PASSWORD },
        ...withProgram(files),
      },
    );
    return { transport: linkTo(far), stop: () => far.stop() };
  },
});
