// Loaded with the first broker. In the bundle, a dynamic import of the CommonJS package would yield
// only its default export.
export { connect } from 'mqtt';
