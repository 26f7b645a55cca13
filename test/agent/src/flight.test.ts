import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FlightRecorder } from '../../../agent/src/drain/flight.js';
import { flightSettings, type FlightSettings } from '../../../agent/src/flightSettings.js';

const S = 1e9;

function settings(windowMs: number, maxBytes = 1e9): FlightSettings {
  return { windowMs, maxBytes, signal: null, folder: null };
}

/** One byte that says which second it is of, as one record with one execution. */
function second(n: number, bytes = 1): Uint8Array {
  return new Uint8Array(bytes).fill(n);
}

/** Keeps a record in each of the seconds from 1 to `to`, closing a segment after each. */
function fill(flight: FlightRecorder, to: number, bytes = 1) {
  const missed = [];
  for (let n = 1; n <= to; n++) {
    flight.keep(second(n, bytes), { records: 1, executions: 1 });
    missed.push(flight.close(new Uint8Array(0), n * S, n));
  }
  return missed.filter((m) => m !== undefined);
}

const secondsOf = (flight: FlightRecorder): (number | undefined)[] =>
  flight.pieces().map((piece) => piece[0]);

describe('the flight recorder', () => {
  it('keeps the window and no more, and knows what was made before it', () => {
    const flight = new FlightRecorder(settings(10_000), 0, 0);
    assert.deepEqual(fill(flight, 30), []);
    // Segments that end within ten seconds: 21 to 30.
    assert.deepEqual(
      secondsOf(flight),
      Array.from({ length: 10 }, (_, i) => 21 + i),
    );
    assert.equal(flight.madeBefore, 20);
    assert.equal(flight.reachNs(30 * S), 10 * S);
    assert.equal(flight.shortestNs, undefined);
  });

  it('keeps no more memory than it may, and says how far that reached', () => {
    const flight = new FlightRecorder(settings(60_000, 5 * 1200), 0, 0);
    fill(flight, 30, 1000);
    // 200 bytes are what a piece costs besides its own.
    assert.deepEqual(secondsOf(flight), [26, 27, 28, 29, 30]);
    assert.equal(flight.shortestNs, 5 * S);
  });

  it('closes a segment when its time is over, or when it is a large part of the memory', () => {
    const flight = new FlightRecorder(settings(10_000, 100_000), 0, 0);
    assert.equal(flight.isDue(0.9 * S), false);
    assert.equal(flight.isDue(1 * S), true);
    flight.keep(second(1, 10_000), { records: 1, executions: 1 });
    assert.equal(flight.isDue(0.1 * S), true);
    assert.equal(new FlightRecorder(settings(500), 0, 0).isDue(0.05 * S), true);
  });

  it('serves an engine everything from the oldest on, once, as long as it has room', () => {
    const flight = new FlightRecorder(settings(5000), 0, 0);
    fill(flight, 8);
    const got: (number | undefined)[] = [];
    const send = ({ bytes }: { bytes: Uint8Array }): void => {
      got.push(bytes[0]);
    };
    flight.send(() => true, send);
    assert.deepEqual(got, [], 'nobody is there');
    flight.beginSession();
    flight.send(() => got.length < 2, send);
    assert.deepEqual(got, [4, 5]);
    flight.keep(second(9), { records: 1, executions: 1 });
    flight.send(() => true, send);
    flight.send(() => true, send);
    assert.deepEqual(got, [4, 5, 6, 7, 8, 9]);
    // Another one gets it all again.
    flight.endSession();
    flight.beginSession();
    flight.send(() => true, send);
    assert.deepEqual(got.slice(6), [4, 5, 6, 7, 8, 9]);
  });

  it('counts what falls out of the window before a slow engine got it, and only that', () => {
    const flight = new FlightRecorder(settings(5000), 0, 0);
    fill(flight, 8);
    flight.beginSession();
    let served = 0;
    flight.send(
      () => served < 2,
      () => served++,
    );
    // 4 and 5 were sent; 6 and 7 go unseen, 8 stays.
    const missed = [];
    for (let n = 9; n <= 12; n++) {
      flight.keep(second(n), { records: 3, executions: 2 });
      missed.push(flight.close(new Uint8Array(0), n * S, n));
    }
    const records = missed.reduce((sum, m) => sum + (m?.records ?? 0), 0);
    assert.equal(records, 2);
    assert.equal(secondsOf(flight)[0], 8);
  });

  it('puts the totals of a segment behind its records', () => {
    const flight = new FlightRecorder(settings(5000), 0, 0);
    flight.keep(second(1), { records: 1, executions: 1 });
    flight.close(second(99), S, 1);
    assert.deepEqual(secondsOf(flight), [1, 99]);
  });
});

describe('settings of the flight recorder', () => {
  it('are read from the environment', () => {
    for (const [text, windowMs] of [
      ['10s', 10_000],
      ['500ms', 500],
      ['1m', 60_000],
      ['2.5', 2500],
    ] as const) {
      const read = flightSettings({ SLUICE_FLIGHT: text });
      assert.deepEqual(read.ok && read.value, {
        windowMs,
        maxBytes: 64 * 1024 * 1024,
        signal: 'SIGUSR2',
        folder: null,
      });
    }
    for (const none of [{}, { SLUICE_FLIGHT: '' }, { SLUICE_FLIGHT: '0' }]) {
      const read = flightSettings(none);
      assert.equal(read.ok && read.value, null);
    }
    const all = flightSettings({
      SLUICE_FLIGHT: '1s',
      SLUICE_FLIGHT_MIB: '8',
      SLUICE_FLIGHT_SIGNAL: '',
      SLUICE_FLIGHT_FOLDER: '/x',
    });
    assert.deepEqual(all.ok && all.value, {
      windowMs: 1000,
      maxBytes: 8 * 1024 * 1024,
      signal: null,
      folder: '/x',
    });
  });

  it('that mean nothing are refused by name', () => {
    for (const [env, name] of [
      [{ SLUICE_FLIGHT: 'soon' }, /^SLUICE_FLIGHT is soon/],
      [{ SLUICE_FLIGHT: '5h' }, /^SLUICE_FLIGHT is 5h/],
      [{ SLUICE_FLIGHT: '10ms' }, /^SLUICE_FLIGHT is 10ms/],
      [{ SLUICE_FLIGHT: '1s', SLUICE_FLIGHT_MIB: 'x' }, /^SLUICE_FLIGHT_MIB is x/],
      [
        { SLUICE_FLIGHT: '1s', SLUICE_FLIGHT_SIGNAL: 'SIGKILL' },
        /^SLUICE_FLIGHT_SIGNAL is SIGKILL/,
      ],
    ] as const) {
      const read = flightSettings(env);
      assert.match(read.ok ? '' : read.error, name);
    }
  });
});
