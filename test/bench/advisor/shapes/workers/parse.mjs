// A worker that makes far more objects than it keeps: much of its time is the collector's.

/** Lines that stay in use for a while, so that collections have something to copy. */
let kept = [];
const KEPT_LINES = 40_000;

export default ({ lines, id }) => {
  const words = new Map();
  for (let i = 0; i < lines; i++) {
    const fields = `${id}:${i}:${(i * 2654435761) >>> 0}`.split(':').map((text) => ({ text }));
    words.set(fields[2].text, fields);
    kept.push(fields);
  }
  if (kept.length > KEPT_LINES) kept = kept.slice(KEPT_LINES / 2);
  return words.size;
};
