/** Writes one line to standard output; a reader that went away (EPIPE) does not end the program. */
export function writeStdoutLine(line: string): void {
  if (!guarded) {
    guarded = true;
    process.stdout.on('error', () => {});
  }
  process.stdout.write(`${line}\n`);
}

let guarded = false;
