/** A recorder and what reads it, in one thread: for tests that need no program of their own. */
import { randomUUID } from 'node:crypto';
import { FxtWriter } from '../../../../agent/wire/fxtWriter.js';
import { Control, createControl } from '../../../../agent/src/control.js';
import { describeProcess } from '../../../../agent/src/drainThread.js';
import { Inbox } from '../../../../agent/src/drain/inbox.js';
import { Tables } from '../../../../agent/src/drain/tables.js';
import { ThreadRecorder } from '../../../../agent/src/recorder.js';
import { RingReader } from '../../../../agent/src/ring.js';
import { ThreadLink } from '../../../../agent/src/threadLink.js';
import { recordingNonce } from '../../../../agent/src/uplink.js';
import { Capture } from './capture.js';

export class PocketDrain {
  readonly control: Control;
  readonly recorder = new ThreadRecorder();
  readonly capture = new Capture();
  readonly #inbox: Inbox;
  readonly #tables = new Tables(describeProcess());
  readonly #writer = new FxtWriter();
  readonly #readers: RingReader[] = [];
  readonly #environment;

  constructor() {
    this.#environment = { control: createControl(), nonce: randomUUID(), host: 0 };
    this.control = new Control(this.#environment.control);
    const recording = this.control.prepare();
    this.control.state = 'recording';
    this.control.raise('ready');
    this.#inbox = new Inbox(recordingNonce(this.#environment.nonce, recording));
  }

  /** Starts recording. */
  attach(): ThreadLink {
    // Tests make times up, from 0 on.
    const link = new ThreadLink(this.#environment, 0);
    this.recorder.attach(link);
    return link;
  }

  /** Reads everything into `capture`. */
  drain(): Capture {
    for (const message of this.#inbox.take()) {
      if (message.kind === 'ring') this.#readers.push(new RingReader(message.buffer));
      else if (message.kind === 'string') this.#tables.addString(message.index, message.text);
      else if (message.kind === 'lane') this.#tables.addLane(message);
      else if (message.kind === 'declaration') this.#tables.declare(message.declaration);
    }
    const push = (): void => {
      this.capture.push(this.#writer.take());
    };
    this.#tables.write(this.#writer, push);
    push();
    const target = new DataView(new ArrayBuffer(RingReader.maxReadBytes));
    for (const reader of this.#readers) {
      for (;;) {
        const bytes = reader.read(reader.head, target, 0);
        if (bytes === 0) break;
        this.capture.push(new Uint8Array(target.buffer.slice(0, bytes)));
      }
    }
    return this.capture;
  }

  dispose(): void {
    this.#inbox.close();
  }
}
