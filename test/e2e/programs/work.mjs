// A pool's worker.
export default (n) => n * 2;
