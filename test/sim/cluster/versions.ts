import { decodeEnvelope, encodeEnvelope } from '../../../node/replication/wire.ts';
import { decodeMove, encodeMove } from '../../../node/replication/moves/wire.ts';
import type { Envelope } from '../../../node/replication/messages.ts';
import type { MoveEnvelope } from '../../../node/replication/moves/messages.ts';
import { answerHello, checkChallenge, makeHello, type HandshakeOptions } from '../../../shared/bus/handshake.ts';
import { busVersions, type VersionRange } from '../../../shared/bus/versions.ts';
import { images } from './names.ts';

/**
 * Two builds side by side: the one that is, and a synthetic next one, whose image is the second. The next one speaks one version more of the bus, and uses it where the handshake
 * has found that the other end has it too; it writes a field more into every text message and document that others read (as test/versions has it with real processes).
 */
const nextVersions: VersionRange = { min: busVersions.min, max: busVersions.max + 1 };

export const isNext = (image: string | undefined): boolean => image === images[1];
const versionsOf = (image: string | undefined): VersionRange => (isNext(image) ? nextVersions : busVersions);

const keys = [new Uint8Array(32).fill(7)] as const;
const agreed = new Map<string, number>();

/** By production's handshake, once for each pair of builds. */
function agree(caller: VersionRange, listener: VersionRange): number {
  const pair = `${caller.max} ${listener.max}`;
  const known = agreed.get(pair);
  if (known !== undefined) return known;
  const end = (pod: string, versions: VersionRange): HandshakeOptions => ({ identity: { role: 'node', clusterUid: 'c', pod, podUid: pod, incarnation: pod.padEnd(32, '0') }, keys, nonce: new Uint8Array(32).fill(1), versions });
  const [one, other] = [end('a', caller), end('b', listener)];
  const hello = makeHello(one);
  const { version } = checkChallenge(one, hello, answerHello(other, hello).payload);
  agreed.set(pair, version);
  return version;
}

/** A field that this build does not know. */
export const added = { next: 'says a later build' } as const;

export interface Translation {
  readonly imageOf: (pod: string) => string | undefined;
  readonly broken: (what: string) => void;
}

/** What arrives at a process of another build, byte by byte as production's codecs have it. */
export function createTranslation({ imageOf, broken }: Translation) {
  const judge = (from: string, to: string): void => {
    const [speaks, hears] = [versionsOf(imageOf(from)), versionsOf(imageOf(to))];
    const version = agree(speaks, hears);
    if (version > hears.max || version > speaks.max) broken(`${to} was spoken to in version ${version} of the bus, which it does not know`);
  };
  return {
    envelope(envelope: Envelope): Envelope {
      const { from, fromIncarnation, to } = envelope;
      judge(from, to);
      const { head, bulk } = encodeEnvelope(isNext(imageOf(from)) ? { ...envelope, ...added } : envelope);
      const bytes = bulk === undefined ? head : Buffer.concat([head, bulk.bytes.subarray(bulk.start, bulk.end)]);
      return decodeEnvelope(bytes, { from, fromIncarnation, to });
    },
    move(from: string, to: string, envelope: MoveEnvelope): MoveEnvelope {
      judge(from, to);
      const { head, bytes } = encodeMove(isNext(imageOf(from)) ? { ...envelope, ...added } : envelope);
      return decodeMove(bytes === undefined ? head : Buffer.concat([head, bytes]));
    },
  };
}
