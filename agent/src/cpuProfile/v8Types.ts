/** The types of Node's inspector that the sampler uses. */
import type inspector from 'node:inspector';
import type { Profiler } from 'node:inspector';

/** A .cpuprofile: times in microseconds, `timeDeltas[i]` from the sample before to sample i, the first from `startTime`. */
export type V8Profile = Profiler.Profile;
export type ProfileNode = Profiler.ProfileNode;
/** Node's module; absent in builds without an inspector. */
export type Inspector = typeof inspector;
