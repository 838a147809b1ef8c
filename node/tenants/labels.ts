/** Kinds of labels in the text of an entry's attachments (engine/attachments.ts). */
export const labelKind = { tag: 1, dependsOn: 2 } as const;

const longestLabelBytes = 4_096;
const longestScopeBytes = 255;

/** The text for a key of namespace `scope`; undefined without any label. Tags are UTF-8; dependencies are keys without the prefix. */
export function labelText(scope: string, tags: readonly string[], dependsOn: readonly string[]): Uint8Array {
  const labels = [...new Set(tags)].map((tag) => labelPart(labelKind.tag, tag)).concat([...new Set(dependsOn)].map((key) => labelPart(labelKind.dependsOn, key)));
  return labels.length === 0 ? new Uint8Array(0) : Buffer.concat([scopePart(scope), ...labels]);
}

/** A label as attachments are asked for it. */
export function labelBytes(scope: string, kind: number, text: string): Uint8Array {
  return Buffer.concat([scopePart(scope), Buffer.from([kind]), Buffer.from(text).subarray(0, longestLabelBytes)]);
}

function scopePart(scope: string): Uint8Array {
  const bytes = Buffer.from(scope).subarray(0, longestScopeBytes);
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}

function labelPart(kind: number, text: string): Uint8Array {
  const bytes = Buffer.from(text).subarray(0, longestLabelBytes);
  return Buffer.concat([Buffer.from([kind, bytes.length >>> 8, bytes.length & 0xff]), bytes]);
}

/** The labels of one kind. */
export function labelsOfKind(text: Uint8Array, kind: number): readonly string[] {
  const found: string[] = [];
  for (let at = 1 + text[0]; at + 3 <= text.length; ) {
    const length = (text[at + 1] << 8) | text[at + 2];
    if (text[at] === kind) found.push(Buffer.from(text.subarray(at + 3, at + 3 + length)).toString());
    at += 3 + length;
  }
  return found;
}

