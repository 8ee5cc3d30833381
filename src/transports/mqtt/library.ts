// Loaded with the first broker: an import of a CommonJS package at its use would give its default export only, once bundled.
export { connect } from 'mqtt';
