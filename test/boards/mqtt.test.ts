import { silentLog } from '../../src/core/log';
import { LocalBroker } from '../../src/transports/mqtt/localBroker';
import { describeConformance } from './conformance';
import { AGENT_CANNOT, HOST_USER, linkTo, PASSWORD, startFar, withProgram } from './mqttRig';

describeConformance({
  name: 'MQTT, the embedded broker',
  cannot: AGENT_CANNOT,
  start: async (files) => {
    const broker = new LocalBroker(silentLog);
    const status = await broker.start({
      ...{ port: 0, username: HOST_USER, password: PASSWORD, lan: false },
    });
    if (!status.running) throw new Error('the broker does not run');
    const far = await startFar(
      { url: status.url, username: HOST_USER },
      {
        broker: { host: '127.0.0.1', port: status.port, user: HOST_USER, password: PASSWORD },
        ...withProgram(files),
      },
    );
    return {
      transport: linkTo(far),
      stop: async () => {
        await far.stop();
        await broker.stop();
      },
    };
  },
});
