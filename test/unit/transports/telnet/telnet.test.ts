import { describe, expect, it } from 'vitest';
import { text, utf8 } from '../../../../src/core/bytes';
import { networkAddress, parseAddress, telnetAddress } from '../../../../src/core/parseAddress';
import { TelnetDecoder, toTelnet } from '../../../../src/transports/telnet/telnetCodec';

describe('the address of a telnet server', () => {
  it.each([
    ['telnet://192.168.1.1', 'telnet://192.168.1.1:23'],
    ['telnet://WiPy.local/', 'telnet://wipy.local:23'],
    ['telnet://micro@wipy:2323', 'telnet://wipy:2323'],
    ['telnet://ann@wipy', 'telnet://ann@wipy:23'],
    ['telnet://[fe80::1]:24', 'telnet://[fe80::1]:24'],
  ])('%s is %s', (typed, canonical) => {
    expect(telnetAddress(typed).text).toBe(canonical);
    expect(parseAddress(canonical).text).toBe(canonical);
  });

  it.each([
    'telnet://',
    'telnet://ann:secret@wipy',
    'telnet://wipy:0',
    'telnet://wipy:70000',
    'telnet:wipy',
  ])('rejects %s', (typed) => {
    expect(() => telnetAddress(typed)).toThrow('not the address of a telnet server');
  });

  it('is distinguished from a WebREPL address', () => {
    expect(networkAddress('telnet://wipy').kind).toBe('telnet');
    expect(networkAddress('wipy').kind).toBe('webrepl');
  });
});

describe('the bytes of telnet', () => {
  const decode = (decoder: TelnetDecoder, ...bytes: number[]) => {
    const { text: said, answers } = decoder.feed(Uint8Array.from(bytes));
    return [text(said), [...answers]];
  };

  it('refuses each option once, and answers no refusal', () => {
    const decoder = new TelnetDecoder();
    expect(decode(decoder, 65, 255, 251, 1, 66)).toEqual(['AB', [255, 254, 1]]);
    expect(decode(decoder, 255, 253, 24)).toEqual(['', [255, 252, 24]]);
    expect(decode(decoder, 255, 251, 1, 255, 252, 3, 255, 254, 3)).toEqual(['', []]);
  });

  it('understands commands that are split, subnegotiations and a doubled 255', () => {
    const decoder = new TelnetDecoder();
    expect(decode(decoder, 65, 255)).toEqual(['A', []]);
    expect(decode(decoder, 251)).toEqual(['', []]);
    expect(decode(decoder, 34, 66)).toEqual(['B', [255, 254, 34]]);
    expect(decode(decoder, 255, 250, 24, 255, 255, 1, 255, 240, 67)).toEqual(['C', []]);
    expect([...decoder.feed(Uint8Array.of(255, 255, 255, 241, 68)).text]).toEqual([255, 68]);
  });

  it('sends nothing that the board could mistake for a command', () => {
    expect(text(toTelnet(utf8('aü\x03')))).toBe('a??\x03');
  });
});
