/** Shorter slices are copied by V8 anyway. */
const SHORTEST_SLICE = 13;

/**
 * The same text with memory of its own. A cell is a slice of the chunk of the file it stood in, and keeps all of it
 * alive: whoever keeps many ids would keep the file.
 */
export const ownText = (text: string): string =>
  text.length < SHORTEST_SLICE ? text : Buffer.from(text, 'utf16le').toString('utf16le');
