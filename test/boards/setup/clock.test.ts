// A board without a clock takes every certificate for one of the future.
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { startMosquitto, startUboard, tempDir } from '../../lab/index.mjs';
import { BuiltCli } from '../rig/cliRig';

it('sets the clock of a new board before it checks the certificate of its broker, and says what it was', async () => {
  const dir = tempDir('clock');
  const [cli, broker, board] = await Promise.all([
    BuiltCli.build(),
    startMosquitto({ tls: true, config: ['set_tcp_nodelay true'] }),
    startUboard({ clock: new Date('2000-01-01T00:00:00Z'), heap: 512 }),
  ]);
  onTestFinished(() => broker.stop());
  onTestFinished(() => board.stop());
  copyFileSync(broker.ca ?? '', join(dir, 'ca.pem'));
  const template = `
name: shelf-[01-20]
broker: {host: 127.0.0.1, port: ${broker.tlsPort ?? 0}, tls: {ca: ca.pem, name: localhost}}
`;
  writeFileSync(join(dir, 'shelf.board-template.yaml'), template);
  const line = ['provision', 'shelf.board-template.yaml', '-b', board.tty, '--count', '1'];
  const ran = await cli.run(line, { cwd: dir });
  const clock = /Its clock said 2000-01-01 \d\d:\d\d UTC and was set/;
  expect(ran.out).toMatch(clock);
  expect(ran.out).toContain('shelf-01 is ready: name, agent, start, broker');
  expect(ran.out).toContain('The board reports that it reached 127.0.0.1');
  expect(readFileSync(join(dir, 'shelf.made.csv'), 'utf8')).toMatch(clock);
});
