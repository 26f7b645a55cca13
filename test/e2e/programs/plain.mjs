// No pipeline at all.
console.log('nothing to see');
