/** Cuts a stream of bytes into lines; holds at most one line of `mostBytes`. */
export interface LineFramer {
  /** Lines that this chunk completes, without their line feeds; empty lines are left out. */
  push(chunk: Uint8Array): string[];
  /** Bytes of a line that never ended. */
  readonly heldBytes: number;
}

export function createLineFramer(mostBytes: number): LineFramer {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  const hold = (part: Uint8Array): void => {
    heldBytes += part.length;
    if (heldBytes > mostBytes) throw new Error(`a line is longer than ${mostBytes} bytes`);
    held.push(part);
  };
  const take = (): string => {
    // Decoded as a whole: a character may lie across two chunks.
    const line = Buffer.concat(held, heldBytes).toString('utf8');
    held = [];
    heldBytes = 0;
    return line;
  };
  return {
    push(chunk) {
      const lines: string[] = [];
      let from = 0;
      for (let at = chunk.indexOf(lineFeed); at >= 0; at = chunk.indexOf(lineFeed, from)) {
        hold(chunk.subarray(from, at));
        const line = take();
        if (line !== '') lines.push(line);
        from = at + 1;
      }
      if (from < chunk.length) hold(chunk.subarray(from));
      return lines;
    },
    get heldBytes() {
      return heldBytes;
    },
  };
}

const lineFeed = 10;
