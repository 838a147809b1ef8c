import type { NodeContext } from '../../node-context.ts';

/** Of the process' resident memory, what is there for the data: that of the program at its start is not. */
export function residentBytes({ server }: NodeContext, emptyBytes: number): number {
  return Math.max(0, server.process.rssBytes() - server.process.startRssBytes) + emptyBytes;
}
