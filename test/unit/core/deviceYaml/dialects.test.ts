import { describe, expect, it } from 'vitest';
import { parseDeviceFile } from '../../../../src/core/deviceYaml/parse';
import { boards, places, useLibraries } from './libraries';

useLibraries();

const said = (text: string) => parseDeviceFile('d.yaml', text).diagnostics;
const saidShort = (text: string) => said(text).map((d) => `${d.line}:${d.col} ${d.message}`);

describe('the documented samples', () => {
  it('huzzah32, simple: what rsync would add', async () => {
    const text = `huzzah32:
    uid: 24:0a:c4:12:87:7c
    resources:
        - pystone.py
        - secrets.py
        - bno055
`;
    expect(await boards(text)).toEqual([
      '/lib/bno055/bno055.py',
      '/lib/bno055/bno055_base.py',
      '/lib/bno055/bno055_test.py',
      '/lib/pystone.py',
      '/lib/secrets.py',
    ]);
    expect(said(text)).toEqual([]);
  });

  it('huzzah32, custom destinations', async () => {
    const text = `huzzah32:
    uid: 24:0a:c4:12:87:7c
    resources:
        - esp32:
            install-dir: /
            unpack: true
        - pystone.py
        - secrets.py: /
        - bno055
`;
    expect((await boards(text)).filter((p) => !p?.includes('bno055_'))).toEqual([
      '/boot.py',
      '/lib/bno055/bno055.py',
      '/lib/pystone.py',
      '/secrets.py',
    ]);
  });

  const stm32 = `# a comment that stays
test-stm32:
    uid: 27:00:55:00:09:50:52:42:4e:30:39:20
    libs:
        - $IOT49/libs
        - $IOT/projects/airlift/libs   # searched second
    install-dir: /spi/lib
    colour: green
    resources:
        - stm32:
            install-dir: /flash
            unpack: true
        - secrets.py: /spi
        - neopixel.py
        - airlift_client:
            unpack: true
        - mp_server:
            unpack: true
            install-dir: /spi/lib/mp
`;

  it('test-stm32: libraries searched in order', async () => {
    expect(await places(stm32)).toEqual([
      '/flash/boot.py < iot49/libs/stm32/boot.py',
      '/flash/sub/mount.py < iot49/libs/stm32/sub/mount.py',
      '/spi/lib/client.py < projects/airlift/libs/airlift_client/client.py',
      '/spi/lib/mp/server.py < projects/airlift/libs/mp_server/server.py',
      '/spi/lib/neopixel.py < iot49/libs/neopixel.py',
      '/spi/secrets.py < iot49/libs/secrets.py',
    ]);
  });
});

describe('dialects', () => {
  const both = (first: string) => `${first}
board:
    uid: aa:bb
    resources:
        - esp32:
            install-dir: /
            unpack: true
        - pystone.py:
        - secrets.py: /
        - bno055
`;

  it('are not interchangeable: the same file in the one', async () => {
    const found = await boards(both('# dialect: seed'));
    expect(found.filter((p) => !p?.includes('bno055_'))).toEqual([
      '/boot.py',
      '/lib/bno055/bno055.py',
      '/lib/pystone.py',
      '/secrets.py',
    ]);
  });

  it('and in the other', async () => {
    const found = await boards(both('# dialect: head'));
    expect(found.filter((p) => !p?.includes('bno055_'))).toEqual([
      '/bno055.py',
      '/boot.py',
      '/pystone.py',
      '/secrets.py',
    ]);
  });

  const dialect = (text: string, setting?: 'seed' | 'head') =>
    parseDeviceFile('d.yaml', text, { dialect: setting }).devices[0]?.dialect;
  const base = 'b:\n  uid: aa\n';

  it('seed unless the file says otherwise', () => {
    expect(dialect(base)).toBe('seed');
    expect(dialect(`${base}  path: x\n`)).toBe('head');
    expect(dialect(`${base}  libs: x\n`)).toBe('seed');
    expect(dialect(`${base}  resources:\n    - r:\n        lib: x\n`)).toBe('seed');
    expect(dialect(`${base}  resources:\n    - r:\n        path: x\n`)).toBe('head');
    expect(dialect(base, 'head')).toBe('head');
    expect(dialect(`# dialect: seed\n${base}`, 'head')).toBe('seed');
    expect(dialect(`# Dialect:HEAD\n${base}  libs: x\n`)).toBe('head');
  });

  it('warns of keys of both, and of an unknown dialect', () => {
    expect(saidShort(`${base}  libs: x\n  path: y\n`)).toEqual([
      '4:3 "path" and "libs" belong to different dialects; the file is read as seed',
    ]);
    expect(saidShort(`# dialect: new\n${base}`)[0]).toContain('1:1 Unknown dialect "new"');
  });

  it('head unpacks folders that are not packages, and keeps packages', async () => {
    const text = '# dialect: head\nb:\n  uid: aa\n  resources: [package, bno055]\n';
    expect((await boards(text)).filter((p) => !p?.includes('bno055_'))).toEqual([
      '/bno055.py',
      '/package/__init__.py',
      '/package/core.mpy',
      '/package/tests/test_a.py',
    ]);
    const packed = '# dialect: head\nb:\n  uid: aa\n  resources: [{bno055: {unpack: no}}]\n';
    expect((await boards(packed))[0]).toBe('/bno055/bno055.py');
  });

  it('head finds a resource by its path: relative ones in IOT_PROJECTS', async () => {
    const text = `b:
  uid: aa
  path: airlift/libs
  resources:
    - neopixel.py
    - only: {path: $IOT/elsewhere/libs}
    - pystone.py: {path: "\${IOT49}/libs"}
`;
    expect(await places(text)).toEqual([
      '/neopixel.py < projects/airlift/libs/neopixel.py',
      '/pystone.py < iot49/libs/pystone.py',
      '/x.py < elsewhere/libs/only/x.py',
    ]);
  });
});
