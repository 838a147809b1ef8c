import type { PeerIdentity } from '../../shared/bus/identity.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import type { Envelope } from '../replication/messages.ts';
import { createWitness } from '../replication/witness.ts';
import type { createLinks } from './links.ts';

export interface Identity {
  readonly pod: string;
  readonly podUid: string;
  readonly incarnation: string;
  readonly shard: number;
}

/** Every node witnesses for other shards (P2), whether its own has copies or not. What is about its own shard goes to `own`. */
export function createWitnessDesk(ports: Ports, links: ReturnType<typeof createLinks>, self: Identity) {
  const witness = createWitness(ports.clock.monotonicMs());
  return {
    /** Throws WireError. */
    message(payload: Uint8Array, from: PeerIdentity, own: ((envelope: Envelope) => void) | undefined): void {
      const envelope = links.receive(payload, from, self.pod);
      if (envelope.to !== self.pod) return;
      if (envelope.shard === self.shard) return own?.(envelope);
      const answer = witness.answer(envelope, envelope.message, ports.clock.monotonicMs());
      if (answer !== undefined) links.send({ shard: envelope.shard, epoch: envelope.epoch, from: self.pod, fromIncarnation: self.incarnation, to: envelope.from, toIncarnation: envelope.fromIncarnation, message: answer });
      return undefined;
    },
  };
}
