import { chooseBackend } from '../../node/io/choose-backend.ts';
import { systemPorts } from '../../shared/ports/system.ts';

const [lineFeed, star] = [10, 0x2a];

export interface NullServing {
  readonly port: number;
  readonly backend?: string;
  /** Of the replies to GET. */
  readonly valueBytes: number;
}

/**
 * Answers each command at once with a reply of the right kind and does nothing else: what a load generator can ask of the fastest server there could be. All commands of a
 * connection are as long as its first, as redis-benchmark makes them.
 */
async function serve({ port, backend, valueBytes }: NullServing): Promise<void> {
  const replies: Readonly<Record<string, string>> = { GET: `$${valueBytes}\r\n${'v'.repeat(valueBytes)}\r\n`, SET: '+OK\r\n', CONFIG: '*0\r\n' };
  await chooseBackend(backend, systemPorts.timers).listen({ host: '127.0.0.1', port, backlog: 511 }, (io) => {
    let commandBytes = 0;
    let replyBytes = 0;
    let output = Buffer.alloc(0);
    let pending = 0;
    return {
      onData(buffer, start, end) {
        if (commandBytes === 0) {
          commandBytes = lengthOfFirst(buffer, start, end);
          const reply = Buffer.from(replies[buffer.toString('latin1', start, end).split('\r\n')[2]] ?? ':1\r\n');
          replyBytes = reply.length;
          const most = Math.ceil(buffer.length / commandBytes) + 1;
          output = Buffer.alloc(most * replyBytes);
          for (let i = 0; i < most; i++) reply.copy(output, i * replyBytes);
        }
        pending += end - start;
        const complete = Math.floor(pending / commandBytes);
        pending -= complete * commandBytes;
        io.write(output, complete * replyBytes);
      },
      onDrain() {},
      onClose() {},
    };
  });
}

/** Bytes up to the next line that begins a command. */
function lengthOfFirst(buffer: Buffer, start: number, end: number): number {
  for (let at = start + 1; at < end; at++) if (buffer[at] === star && buffer[at - 1] === lineFeed) return at - start;
  return end - start;
}

if (import.meta.main) await serve(JSON.parse(process.argv[2]) as NullServing);
