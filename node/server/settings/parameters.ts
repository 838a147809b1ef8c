import type { OutputLimit, ServerLimits } from './limits.ts';
import { fixed, parseSize, size, wholeNumber, yesNo, type Parameter } from './parameter.ts';

const gb = 1024 ** 3;

/** The parameters of the protocol path. The store adds its own. */
export function serverParameters(limits: ServerLimits): readonly Parameter[] {
  return [
    wholeNumber('maxclients', limits.maxClients, 1, 1_000_000, (value) => (limits.maxClients = value)),
    wholeNumber('timeout', limits.idleTimeoutSeconds, 0, 2_147_483_647, (value) => (limits.idleTimeoutSeconds = value)),
    wholeNumber('tcp-keepalive', limits.keepAliveSeconds, 0, 2_147_483_647, (value) => (limits.keepAliveSeconds = value)),
    size('proto-max-bulk-len', limits.maxBulkBytes, 1024 * 1024, 4 * gb, (value) => (limits.maxBulkBytes = value)),
    wholeNumber('stalled-reader-timeout', limits.stalledReaderMs / 1000, 1, 86_400, (value) => (limits.stalledReaderMs = value * 1000)),
    clientsMemory(limits),
    outputLimits(limits),
    fixed('databases', '1'),
    fixed('cluster-enabled', 'yes'),
    fixed('appendonly', 'no'),
    fixed('save', ''),
    fixed('daemonize', 'no'),
    fixed('supervised', 'no'),
    fixed('dir', '/data'),
    fixed('replicaof', ''),
    fixed('slaveof', ''),
    fixed('requirepass', ''),
    fixed('masterauth', ''),
    fixed('bind', ''),
    yesNo('protected-mode', false),
    yesNo('cluster-require-full-coverage', false),
    wholeNumber('hz', 10, 1, 500),
  ];
}

/** Bytes, or a share of maxmemory as it then is. */
function clientsMemory(limits: ServerLimits): Parameter {
  const inBytes = size('maxmemory-clients', limits.allClientsBytes, 0, 1024 * gb, (value) => {
    limits.allClientsBytes = value;
    limits.allClientsPercent = 0;
  });
  return {
    name: inBytes.name,
    get: () => (limits.allClientsPercent > 0 ? `${limits.allClientsPercent}%` : String(limits.allClientsBytes)),
    set(text) {
      const percent = /^(\d{1,6})%$/.exec(text);
      if (percent === null) return inBytes.set?.(text);
      if (Number(percent[1]) > 100) return 'percentage argument must be less or equal to 100';
      limits.allClientsPercent = Number(percent[1]);
      if (limits.allClientsPercent === 0) limits.allClientsBytes = 0;
      return undefined;
    },
  };
}

const classes = ['normal', 'slave', 'pubsub'] as const;
type ClassWord = (typeof classes)[number];
const limitOf = (limits: ServerLimits, word: ClassWord): OutputLimit => limits.output[word === 'slave' ? 'replica' : word];

function outputLimits(limits: ServerLimits): Parameter {
  return {
    name: 'client-output-buffer-limit',
    get: () => classes.map((word) => `${word} ${limitOf(limits, word).hardBytes} ${limitOf(limits, word).softBytes} ${limitOf(limits, word).softSeconds}`).join(' '),
    set(text) {
      const words = text.trim().split(/\s+/);
      if (words.length === 0 || words.length % 4 !== 0) return 'Wrong number of arguments in buffer limit configuration.';
      const next: [ClassWord, OutputLimit][] = [];
      for (let i = 0; i < words.length; i += 4) {
        const name = words[i].toLowerCase() === 'replica' ? 'slave' : words[i].toLowerCase();
        const word = classes.find((one) => one === name);
        if (word === undefined) return 'Invalid client class specified in buffer limit configuration.';
        const hardBytes = parseSize(words[i + 1]);
        const softBytes = parseSize(words[i + 2]);
        if (hardBytes === undefined || softBytes === undefined || !/^\d{1,9}$/.test(words[i + 3])) return 'Error in hard, soft or soft_seconds setting in buffer limit configuration.';
        next.push([word, { hardBytes, softBytes, softSeconds: Number(words[i + 3]) }]);
      }
      for (const [word, limit] of next) limits.output[word === 'slave' ? 'replica' : word] = limit;
      return undefined;
    },
  };
}

