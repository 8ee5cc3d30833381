import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  appFromFolder,
  appTemplate,
  type AppPackage,
  type TemplateKind,
} from '../../../src/core/apps';
import { payloadText, type TopicMessage } from '../../../src/core/topics';
import { text, utf8 } from '../../../src/core/bytes';
import { Emitter } from '../../../src/core/events';
import { nodeLocalFs } from '../../../src/core/sync/nodeLocalFs';
import { AppFar, appFolder, until } from '../rig/appRig';

let far: AppFar;
beforeAll(async () => {
  far = await AppFar.start();
});
afterAll(() => far.stop());

/** Writes an example like "New App…", with other times. */
async function example(kind: TemplateKind, change: Record<string, unknown>): Promise<AppPackage> {
  const files = [...appTemplate(kind, kind)].map(
    ([path, content]) => [path, text(content)] as const,
  );
  const { 'app.json': manifest = '', ...code } = Object.fromEntries(files);
  const json = { ...(JSON.parse(manifest) as Record<string, unknown>), trial: 1, ...change };
  return appFromFolder(nodeLocalFs, appFolder(json, code));
}

it('measures light and sets an RGB LED', async () => {
  await far.deploy(await example('luminosity', { worker: 0.2, management: 0.1 }));
  const [first] = await far.records((r) => r.length >= 1);
  expect(first).toMatchObject({ data: { luminosity_au: 301 } });
  for (const [id, t, reply] of [
    ['a', 'red:1000,green:on,blue:off', 'Executed'],
    ['b', 'red:5,pink:on', 'Command not valid'],
    ['c', 'red:1001', 'Command argument not valid'],
  ] as const) {
    await far.control.askApp({ a: 'msg', id, t });
    const answers = await far.records((r) => r.some((x) => x.kind === 'reply' && x.to === id));
    expect(answers.find((r) => r.kind === 'reply')).toMatchObject({ reply });
  }
  expect(await far.python('import machine\nprint(sorted(machine.duties.items()))')).toBe(
    '[(12, 1000), (13, 0), (15, 1000)]',
  );
});

it('blinks at the rate that a topic sets, and publishes that rate', async () => {
  const heard: TopicMessage[] = [];
  const came = new Emitter<undefined>();
  const { broker } = far.far;
  const refused: string[] = [];
  const watch = (filter: string) =>
    broker.topics.watch(
      filter,
      (m) => {
        heard.push(m);
        came.fire(undefined);
      },
      () => refused.push(filter),
    );
  const watching = watch('mpy/+/out/#');
  // The broker retains it, so the board gets it when it subscribes.
  await broker.topics.publish('mpy/all/in/rate', utf8('5'), { retain: true });
  await far.deploy(await example('blinky', {}));
  await until(came.event, () => heard.length > 0);
  const uid = far.far.board.uid;
  const shown = () => heard.map((m) => `${m.topic} ${payloadText(m.payload)}`);
  expect(shown()).toEqual([`mpy/${uid}/out/rate 5.0`]);
  await broker.topics.publish('mpy/all/in/rate', new Uint8Array(), { retain: true });
  await broker.topics.publish(`mpy/${uid}/in/rate`, utf8('0.2'), { retain: false });
  await until(came.event, () => heard.length > 1);
  expect(shown()[1]).toBe(`mpy/${uid}/out/rate 0.2`);
  // A value that is not a number is logged, and changes nothing.
  await broker.topics.publish(`mpy/${uid}/in/rate`, utf8('fast'), { retain: false });
  await broker.topics.publish(`mpy/${uid}/in/rate`, utf8('7'), { retain: false });
  await until(came.event, () => heard.length > 2);
  expect(shown()[2]).toBe(`mpy/${uid}/out/rate 7.0`);
  expect(await far.python('import main\nprint(main.hz, len(main.led.values) > 0)')).toBe(
    '7.0 True',
  );
  watching.dispose();
  expect(refused).toEqual([]);
});

it('logs the environment on batteries: measures, sends, sleeps, longer with a weak battery', async () => {
  const sleeps: number[] = [];
  const { broker } = far.far;
  broker.onPresence(({ state }) => {
    if (!state.on && state.sleep) sleeps.push(state.sleep.seconds);
  });
  await far.deploy(await example('logger', { sleep: 1, wake: 0 }));
  const records = await far.records((r) => r.length >= 1);
  expect(records).toMatchObject([{ data: { battery_v: 3.3, temperature_c: 21.5, humidity: 48 } }]);
  await until(broker.onPresence, () => sleeps.length >= 2);
  expect(sleeps.slice(0, 2)).toEqual([4, 4]);
});
