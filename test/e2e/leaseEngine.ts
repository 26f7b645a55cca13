/**
 * An engine by itself, for tests that kill it or stop it: prints where it listens, takes the first live knob on a lease as
 * soon as there is one, and holds it for as long as it runs. What it is told over stdin it does: `keep`, `release`, `end`.
 */
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { LiveSession } from '../../extension/engine/liveSession.js';
import type { SessionId } from '../../extension/engine/protocol.js';
import { SessionServer } from '../../extension/engine/sessionServer.js';

const POLL_MS = 20;
const HOLD_MS = 200;

const say = (message: unknown): void => {
  process.stdout.write(`${JSON.stringify(message)}\n`);
};
const pause = async (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

async function main(leaseMs: number, value: number): Promise<void> {
  const server = new SessionServer((message) => {
    say({ problem: message });
  });
  const url = await server.listen();
  const created = await LiveSession.create({
    id: 's1' as SessionId,
    title: 'lease',
    capturePath: path.join(os.tmpdir(), `sluice lease ${process.pid}.fxt`),
    emit: () => undefined,
  });
  if (!created.ok) throw new Error(created.error);
  const session = created.value;
  server.add(session);
  say({ url, token: session.token });
  const liveKnob = () =>
    session.model
      .report()
      .pipelines.flatMap((p) => p.knobs)
      .find((k) => k.live);
  let knob = liveKnob();
  for (; knob === undefined; knob = liveKnob()) await pause(POLL_MS);
  const pid = Number(knob.id.split(':')[0]);
  say({ leased: await session.knobs.set(knob.id, value, { restore: knob.value, leaseMs }) });
  const holding = { isOn: true };
  createInterface({ input: process.stdin }).on('line', (line) => {
    holding.isOn = false;
    if (line === 'end')
      void session.end().then((done) => {
        say({ done });
      });
    else
      void session.knobs.release(pid, line === 'keep').then((done) => {
        say({ done });
      });
  });
  await pause(HOLD_MS);
  while (holding.isOn) {
    say({ held: await session.knobs.hold(pid) });
    await pause(HOLD_MS);
  }
}

void main(Number(process.argv[2]), Number(process.argv[3]));
