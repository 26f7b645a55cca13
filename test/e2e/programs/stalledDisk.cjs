// Preloaded: a disk that hands out the beginning of stalled.fxt and then does not answer any more. Says when it is let go.
const fs = require('node:fs');
const { Readable } = require('node:stream');

const { createReadStream } = fs;
fs.createReadStream = (file, options) => {
  if (!String(file).endsWith('stalled.fxt') || options?.end !== undefined) {
    return createReadStream(file, options);
  }
  const stream = new Readable({
    read() {},
    signal: options.signal,
    destroy(error, done) {
      process.stderr.write('the disk is let go\n');
      done(error);
    },
  });
  stream.push(fs.readFileSync(file));
  return stream;
};
