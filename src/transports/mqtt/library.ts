// Loaded with the first broker. A dynamic import of the CommonJS package would yield only its
// default export once bundled.
export { connect } from 'mqtt';
