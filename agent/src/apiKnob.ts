/** What `Pipeline.knob` returns. */
import type { Knob } from './index.js';
import type { KnobOptions, KnobProbe, Recorder } from './probe.js';

/** Implements `Knob`. */
export class ApiKnob implements Knob {
  readonly #options: KnobOptions;
  readonly #probe: KnobProbe;
  #value: number;

  constructor(recorder: Recorder, options: KnobOptions) {
    this.#options = options;
    this.#value = options.value;
    const { apply } = options;
    this.#probe = recorder.knob({
      ...options,
      apply:
        apply === undefined
          ? undefined
          : (value) => {
              apply(value);
              this.#value = value;
            },
    });
  }

  get value(): number {
    return this.#value;
  }

  set(value: number): void {
    if (Number.isNaN(value)) return;
    const { min, max = Infinity, apply } = this.#options;
    // Limits in the wrong order are exchanged here as they are in the declaration.
    const allowed = Math.min(Math.max(value, Math.min(min, max)), Math.max(min, max));
    apply?.(allowed);
    this.#value = allowed;
    this.#probe.changed(allowed);
  }
}
