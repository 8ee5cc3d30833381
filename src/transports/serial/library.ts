// Loaded when the first port is looked for: an import of a CommonJS package at its use would give its default export only, once bundled.
export { SerialPort } from 'serialport';
