import { silentLog } from '../../../src/core/log';
import { webReplTransport } from '../../../src/transports/webrepl/webReplTransport';
import { describeConformance } from '../rig/conformance';
import { startWebReplBoard } from '../rig/webreplLab';

describeConformance({
  name: 'WebREPL',
  cannot: {
    keepsLink: 'a reset ends the network connection; coming back is tested apart',
  },
  start: async (files) => {
    const lab = await startWebReplBoard({ files, heap: 512, sizeKib: 4096 });
    const getPassword = () => Promise.resolve(lab.password);
    return {
      transport: webReplTransport(lab.address, { getPassword }, silentLog),
      stop: () => lab.stop(),
    };
  },
});
