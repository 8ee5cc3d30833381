// Loaded for the first port scan. A dynamic import of the CommonJS package itself would provide only its default export in the bundle.
export { SerialPort } from 'serialport';
