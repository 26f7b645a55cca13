/**
 * Text and bytes. This folder compiles without the types of Node and of the DOM; the two classes that both have are named
 * here, and only here.
 */
interface Platform {
  readonly TextDecoder: new (
    label: 'utf-8',
    options: { ignoreBOM: boolean },
  ) => { decode(bytes: Uint8Array): string };
  readonly TextEncoder: new () => {
    encodeInto(text: string, into: Uint8Array): { readonly written: number };
  };
}

const platform = globalThis as unknown as Platform;
// ignoreBOM means "leave U+FEFF in the text": a name that starts with one must come back as it was written.
const decoder = new platform.TextDecoder('utf-8', { ignoreBOM: true });
const encoder = new platform.TextEncoder();

/** Decodes UTF-8; bytes that are no UTF-8 become U+FFFD, so this never throws. */
export function decodeUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/**
 * Encodes as much of the text as fits into `into`, whole characters only, and returns the bytes written. Half a surrogate
 * pair is written as U+FFFD.
 */
export function encodeUtf8Into(text: string, into: Uint8Array): number {
  return encoder.encodeInto(text, into).written;
}

/** The bytes of the text; half a surrogate pair becomes U+FFFD. */
export function encodeUtf8(text: string): Uint8Array {
  // A UTF-16 unit takes at most three bytes.
  const room = new Uint8Array(3 * text.length);
  return room.subarray(0, encodeUtf8Into(text, room));
}
