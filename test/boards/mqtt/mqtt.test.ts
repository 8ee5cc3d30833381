import { describeConformance } from '../rig/conformance';
import { AGENT_CANNOT, linkTo, startFarLocal, withProgram } from '../rig/mqttRig';

describeConformance({
  name: 'MQTT, the embedded broker',
  cannot: AGENT_CANNOT,
  start: async (files) => {
    const far = await startFarLocal(withProgram(files));
    return { transport: linkTo(far), stop: () => far.stop() };
  },
});
