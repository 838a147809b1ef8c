import { Store } from '../../node/engine/store.ts';
import { createNodeContext } from '../../node/server/create-node-context.ts';
import { startRedisServer } from '../../node/server/start.ts';
import { systemPorts } from '../../shared/ports/system.ts';
import { memoryBackend } from '../protocol/memory-backend.ts';
import { oneNodeView } from '../protocol/one-node-view.ts';
import { resp } from '../protocol/raw-client.ts';

/** A clock that stands still, so that the same input always gets the same answer. */
const ports = { ...systemPorts, clock: { wallMs: () => 1_000_000, monotonicMs: () => 1000 } };

/** A node whose sockets are arrays. */
export interface MemoryNode {
  /** What a fresh connection is answered when this arrives, in these pieces. */
  answers(...pieces: readonly Buffer[]): Buffer;
  ask(...words: readonly (string | Buffer)[]): Buffer;
  /** Commands that threw. */
  readonly faults: readonly string[];
  stop(): Promise<void>;
}

export async function startMemoryNode(): Promise<MemoryNode> {
  const backend = memoryBackend();
  const faults: string[] = [];
  const node = createNodeContext({ ports, cluster: oneNodeView(1), store: new Store({ seed: 1, random: () => 0.5 }), onFailure: (error, command) => faults.push(`${command}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`) });
  const server = await startRedisServer({ node, host: 'memory', port: 1, backend });
  function answers(...pieces: readonly Buffer[]): Buffer {
    const connection = backend.connect();
    for (const piece of pieces) connection.feed(piece);
    const output = Buffer.from(connection.output, 'latin1');
    if (!connection.ended) connection.end();
    return output;
  }
  return { answers, ask: (...words) => answers(resp(...words)), faults, stop: () => server.stop({ drainMs: 0 }) };
}
