// Loaded for the first port scan. A dynamic import of the CommonJS package itself would provide only its default export in the bundle,
// and its index would load twelve parsers and a mock that nothing here uses.
export { SerialPort } from 'serialport/dist/serialport.js';
