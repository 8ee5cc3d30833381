import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describeConformance } from '../rig/conformance';
import { demoBoard, demoFolder, demoSettings } from '../rig/demoLab';

describeConformance({
  name: 'demo board',
  cannot: {},
  start: async (files) => {
    const settings = await demoSettings();
    for (const [path, content] of Object.entries(files)) {
      const file = join(demoFolder(settings), path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
    }
    return { transport: demoBoard(settings), stop: () => Promise.resolve() };
  },
});
