/** The commands of the simulated store, and their bytes as units of the stream. */
export type KeyValueOp = { readonly kind: 'read'; readonly key: string } | { readonly kind: 'write'; readonly key: string; readonly value: string } | { readonly kind: 'delete'; readonly key: string };

export const encodeOp = (op: KeyValueOp): Uint8Array => new TextEncoder().encode(JSON.stringify(op));
export const decodeOp = (bytes: Uint8Array): KeyValueOp => JSON.parse(new TextDecoder().decode(bytes)) as KeyValueOp;
