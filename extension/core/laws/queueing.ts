/**
 * How long items wait and how much room their queues need, by queueing theory. The approximations are for arrivals that do
 * not depend on the queue, in steady state, with unlimited room and less than 95 % utilisation. Times are nanoseconds, rates
 * per second; `ca2` and `cs2` are squared coefficients of variation (variance / mean^2) of gaps and of service times: 0 for a
 * clock, 1 for the exponential distribution.
 */
const NS_PER_SEC = 1e9;

/**
 * Erlang's delay formula: how likely an arrival waits, with Poisson arrivals, exponential service and c servers (Erlang 1917;
 * by the recurrence of the loss formula, which neither overflows nor loses digits). `offered` = rate x service time. 1 when
 * servers cannot keep up.
 */
export function erlangC(servers: number, offered: number): number {
  if (offered <= 0) return 0;
  if (offered >= servers) return 1;
  let loss = 1;
  for (let k = 1; k <= servers; k++) loss = (offered * loss) / (k + offered * loss);
  return loss / (1 - (offered / servers) * (1 - loss));
}

export interface Station {
  readonly arrivalPerSec: number;
  /** Mean time in service. */
  readonly serviceNs: number;
  readonly servers: number;
}

/** rate x service time / servers. */
function loadOf({ arrivalPerSec, serviceNs, servers }: Station): number {
  return (arrivalPerSec * serviceNs) / NS_PER_SEC / servers;
}

/** M/M/c: mean time in the queue, C(c, a) S / (c (1 - rho)), exact. Infinity when servers cannot keep up. */
export function mmcWaitNs(station: Station): number {
  const load = loadOf(station);
  if (load >= 1) return Infinity;
  const { servers, serviceNs } = station;
  return (erlangC(servers, load * servers) * serviceNs) / (servers * (1 - load));
}

/** How irregular arrivals and service are: squared coefficients of variation. */
export interface Variation {
  readonly ca2: number;
  readonly cs2: number;
}

/**
 * G/G/1: mean time in the queue, rho / (1 - rho) x (ca2 + cs2) / 2 x S (Kingman, Mathematical Proceedings of the Cambridge
 * Philosophical Society 57, 1961). Exact for M/M/1 and M/G/1.
 */
export function kingmanWaitNs(
  { arrivalPerSec, serviceNs }: Omit<Station, 'servers'>,
  { ca2, cs2 }: Variation,
): number {
  const load = loadOf({ arrivalPerSec, serviceNs, servers: 1 });
  return load >= 1 ? Infinity : ((load / (1 - load)) * (ca2 + cs2) * serviceNs) / 2;
}

/** G/G/c: the wait of M/M/c x (ca2 + cs2) / 2 (Allen, Probability, Statistics and Queueing Theory, 1978, section 5.6). */
export function allenCunneenWaitNs(station: Station, { ca2, cs2 }: Variation): number {
  return (mmcWaitNs(station) * (ca2 + cs2)) / 2;
}

/**
 * G/G/c without Erlang's formula: rho^(sqrt(2 (c + 1)) - 1) / (c (1 - rho)) x (ca2 + cs2) / 2 x S (Sakasegawa, Annals of the
 * Institute of Statistical Mathematics 29, 1977). Smooth in c, which then may be a mean.
 */
export function sakasegawaWaitNs(station: Station, { ca2, cs2 }: Variation): number {
  const load = loadOf(station);
  if (load >= 1) return Infinity;
  const { servers, serviceNs } = station;
  const waiting = load ** (Math.sqrt(2 * (servers + 1)) - 1) / (servers * (1 - load));
  return (waiting * (ca2 + cs2) * serviceNs) / 2;
}

/** A station with room for so many items, those in service included. */
export interface BoundedStation {
  /** Items per second that come, served or turned away. */
  readonly throughputPerSec: number;
  /** Share of the arrivals that find no room. */
  readonly blockedShare: number;
  /** Share of time without an item: what waits for the queue's items starves so long (tf.data: Murray et al., VLDB 2021). */
  readonly emptyShare: number;
  readonly meanItems: number;
}

/**
 * M/M/1/k: Poisson arrivals at rate x, exponential service at rate y, room for k. P(empty) = (1 - x/y) / (1 - (x/y)^(k+1)),
 * 1 / (k + 1) when x = y (Kleinrock, Queueing Systems 1, 1975, section 3.6).
 */
export function mm1k(arrivalPerSec: number, servicePerSec: number, room: number): BoundedStation {
  const k = Math.max(Math.floor(room), 0);
  const shares = stationary(k, () => arrivalPerSec / servicePerSec);
  const emptyShare = shares[0] ?? 1;
  return {
    throughputPerSec: servicePerSec * (1 - emptyShare),
    blockedShare: shares[k] ?? 0,
    emptyShare,
    meanItems: shares.reduce((sum, share, n) => sum + share * n, 0),
  };
}

/** States looked at; beyond, what is likely was seen. */
const MAX_STATES = 100_000;

/**
 * Shares of time of the states 0..last of a birth-death process; `ratio(n)` = births in n / deaths in n + 1. Kept in scale
 * all along, so that neither long nor steep ones overflow.
 */
function stationary(last: number, ratio: (n: number) => number): Float64Array {
  const logs = new Float64Array(Math.min(last, MAX_STATES) + 1);
  for (let n = 1; n < logs.length; n++) logs[n] = (logs[n - 1] ?? 0) + Math.log(ratio(n - 1));
  const most = logs.reduce((max, log) => Math.max(max, log), -Infinity);
  const weights = logs.map((log) => Math.exp(log - most));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/**
 * Two stages in a row with one server each, exponential times, a first one that always finds work, and `buffer` places
 * between them: items per second. Exact; for equal rates mu (b + 2) / (b + 3) (Hillier and Boling, Operations Research 15,
 * 1967). What the second stage sees is M/M/1/(b + 2): the finished item that the first stage cannot hand over waits too.
 */
export function tandemThroughput(of: {
  readonly firstPerSec: number;
  readonly secondPerSec: number;
  readonly buffer: number;
}): number {
  return mm1k(of.firstPerSec, of.secondPerSec, Math.max(of.buffer, 0) + 2).throughputPerSec;
}

/** A closed network of a station and customers that come back. */
export interface ClosedNetwork {
  readonly customers: number;
  readonly servers: number;
  readonly serviceNs: number;
  /** Mean time between leaving and coming back. */
  readonly thinkNs: number;
}

export interface ClosedNetworkResult {
  readonly throughputPerSec: number;
  /** Mean time at the station, waiting included. */
  readonly responseNs: number;
  readonly meanItems: number;
  readonly utilization: number;
}

/**
 * Machine repair: exact for exponential service; the thinking may have any distribution (Lazowska et al., Quantitative System
 * Performance, chapter 6; Kleinrock 1, section 3.8). At most 100,000 customers, more count as that many.
 */
export function machineRepair({
  customers,
  servers,
  serviceNs,
  thinkNs,
}: ClosedNetwork): ClosedNetworkResult {
  const all = Math.min(Math.max(Math.floor(customers), 0), MAX_STATES);
  const shares =
    thinkNs > 0
      ? stationary(all, (n) => ((all - n) * serviceNs) / (thinkNs * Math.min(n + 1, servers)))
      : Float64Array.from({ length: all + 1 }, (_, n) => (n === all ? 1 : 0));
  let busy = 0;
  let meanItems = 0;
  shares.forEach((share, n) => {
    busy += share * Math.min(n, servers);
    meanItems += share * n;
  });
  const throughputPerSec = (busy / serviceNs) * NS_PER_SEC;
  return {
    throughputPerSec,
    responseNs: throughputPerSec > 0 ? (meanItems / throughputPerSec) * NS_PER_SEC : 0,
    meanItems,
    utilization: busy / servers,
  };
}
