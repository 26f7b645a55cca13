/** Which construction a position is about. */
import type { KnobSite } from './place.js';

/** The site whose call begins at or around `offset`; the innermost of several. undefined: none. */
export function siteAt(sites: readonly KnobSite[], offset: number): KnobSite | undefined {
  return sites
    .filter(({ call }) => call.start <= offset && offset <= call.end)
    .sort((a, b) => a.call.end - a.call.start - (b.call.end - b.call.start))[0];
}
