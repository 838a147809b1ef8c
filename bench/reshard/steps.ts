import { randomBytes } from 'node:crypto';
import { encodeFrame, newLane, newReader, readFrames } from '../../shared/bus/frame.ts';
import { systemPorts } from '../../shared/ports/system.ts';
import { slotCount, slotOfKey } from '../../shared/slots/crc16.ts';
import { Applier } from '../../node/copies/applier.ts';
import { Recorder } from '../../node/copies/recorder.ts';
import { Store } from '../../node/engine/store.ts';
import { ChunkPool } from '../../node/moves/chunk-pool.ts';
import type { ChunkBounds } from '../../node/copies/pace.ts';
import { chunkBufferBytes, CopyOut } from '../../node/moves/copy-out.ts';
import { dropSlice, takeChunk } from '../../node/moves/take-in.ts';
import { createBacklog } from '../../node/replication/backlog.ts';
import { decodeMove, encodeMove } from '../../node/replication/moves/wire.ts';
import { createNodeContext } from '../../node/server/create-node-context.ts';
import { buildView } from '../../node/topology/build-view.ts';
import { median } from '../statistics.ts';

const megabyte = 1024 * 1024;
const socketBytes = 64 * 1024;
const backlogBytes = 16 * megabyte;
const self = { pod: 'p', uid: 'u', incarnation: 'i', generation: 1, version: 1, state: 'alive', region: 'r', shard: 0, role: 'primary', epoch: 1, ip: '127.0.0.1', hostname: 'h', redisPort: 1, httpPort: 2, busPort: 3 } as const;
const map = { formatVersion: 1 as const, version: 1, ranges: [], moves: [] };

/** One end of a move without sockets: a store, and the log that all its copies would follow. */
function newEnd() {
  const store = new Store({ seed: 3, random: Math.random });
  const node = createNodeContext({ ports: systemPorts, store, cluster: buildView({ clusterUid: 'c', announce: 'ip', records: [self], map, serving: true }) });
  const recorder = new Recorder(store);
  store.feed = recorder;
  const backlog = createBacklog(backlogBytes);
  const end = (): number => {
    recorder.settle();
    if (recorder.opCount > 0) backlog.append(1, backlog.newestSeq + 1, recorder.unit.bytes, 0, recorder.unit.position);
    recorder.clear();
    return backlog.newestSeq;
  };
  return { store, stream: { recorder, applier: new Applier(node), end } };
}

function put(store: Store, name: string, value: Uint8Array): void {
  const key = Buffer.from(name);
  store.put(key, 0, key.length, slotOfKey(key), store.hashKey(key, 0, key.length), value, 0, value.length, 0, 0, 0);
}

/** What each step of a chunk's way costs, in one process and without the sockets: medians over all chunks, so that other load shows little. */
export function measureSteps(bytes: number, valueBytes: number, bounds: ChunkBounds): void {
  const [source, target] = [newEnd(), newEnd()];
  const value = randomBytes(valueBytes);
  for (let i = 0; i < bytes / valueBytes; i++) {
    put(source.store, `f:${i}`, value);
    source.stream.recorder.clear();
  }
  const whole = { from: 0, to: slotCount - 1 };
  const copies = new CopyOut(source.store, () => performance.now(), new ChunkPool(chunkBufferBytes, () => megabyte));
  copies.attach(source.stream.recorder);
  copies.start('bench', whole);
  const lane = newLane(1);
  const reader = newReader(1);
  lane.key = reader.lane.key = randomBytes(32);
  reader.maxBytes = 8 * megabyte;
  const spent = { read: [] as number[], frame: [] as number[], unframe: [] as number[], take: [] as number[] };
  let sizes = 0;
  for (let index = 0, isOver = false; !isOver; index++) {
    const times = [performance.now()];
    const read = copies.next('bench', true, bounds);
    if (read === undefined) return;
    isOver = read.sealed;
    times.push(performance.now());
    const { head, bytes: bulk } = encodeMove({ fromShard: 0, toShard: 1, message: { type: 'chunk', id: 'bench', session: { epoch: 1, count: 1 }, index, acked: index, final: isOver, bytes: read.bytes } });
    const frame = encodeFrame(lane, 40, head, { bytes: bulk as Uint8Array, start: 0, end: read.bytes.length });
    times.push(performance.now());
    let came: Uint8Array | undefined;
    for (let at = 0; at < frame.length; at += socketBytes) readFrames(reader, frame.subarray(at, at + socketBytes), ({ payload }) => (came = payload) === payload);
    const { message } = decodeMove(came as Uint8Array);
    times.push(performance.now());
    if (message.type === 'chunk') takeChunk(target.store, target.stream, message.bytes);
    times.push(performance.now());
    copies.recycle(read.bytes);
    const size = read.bytes.length / megabyte;
    (['read', 'frame', 'unframe', 'take'] as const).forEach((step, i) => spent[step].push((times[i + 1] - times[i]) / size));
    sizes += size;
  }
  const dropBegun = process.cpuUsage();
  let slices = 1;
  while (!dropSlice(source.store, source.stream, whole, 'large')) slices++;
  const dropped = process.cpuUsage(dropBegun);
  const dropMs = (dropped.user + dropped.system) / 1000 / sizes;
  const parts = Object.entries(spent).map(([step, times]) => `${step} ${median(times).toFixed(2)}`);
  console.log(`${sizes.toFixed(0)} MB of values of ${valueBytes} B in chunks of ${((sizes * 1024) / spent.read.length).toFixed(0)} kB: ms per MB, medians: ${parts.join(', ')}, delete ${dropMs.toFixed(2)} (in ${slices} slices); keys there: ${target.store.index.total}`);
}
