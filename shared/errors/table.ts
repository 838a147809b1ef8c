/**
 * Every error that a user can meet, in one place: HTTP answers, Redis replies, exit messages and log lines take their
 * words from here. `docs/errors.md` is held in parity with it by a test. Add a row for a new error; never throw a bare string.
 */
export interface ErrorRow {
  /** Status of the HTTP answer. */
  readonly http: number;
  /** First word of the Redis error reply. */
  readonly redis: string;
  /** What happened; `{name}` marks what the thrower fills in. */
  readonly sentence: string;
  /** What the reader can do about it. */
  readonly remedy: string;
  /** The `error` of an HTTP answer where it is not the sentence; `{name}` as there. */
  readonly title?: string;
}

export const errorTable = {
  // --- data path
  NOT_FOUND: { http: 404, redis: 'ERR', sentence: 'Key not found', remedy: 'Check the namespace and key, or write the key first.' },
  UNKNOWN_COMMAND: { http: 400, redis: 'ERR', sentence: "unknown command '{command}', with args beginning with: {args}", remedy: 'See docs/commands.md for the commands that are supported.' },
  WRONG_ARITY: { http: 400, redis: 'ERR', sentence: "wrong number of arguments for '{command}' command", remedy: 'See COMMAND DOCS for the arguments.' },
  SYNTAX: { http: 400, redis: 'ERR', sentence: 'syntax error', remedy: 'See COMMAND DOCS for the arguments and options.' },
  NOT_AN_INTEGER: { http: 400, redis: 'ERR', sentence: 'value is not an integer or out of range', remedy: 'Use a 64-bit signed integer.' },
  NOT_A_FLOAT: { http: 400, redis: 'ERR', sentence: 'value is not a valid float', remedy: 'Use a finite decimal number.' },
  WRONG_TYPE: { http: 400, redis: 'WRONGTYPE', sentence: 'Operation against a key holding the wrong kind of value', remedy: 'Use TYPE to see what the key holds.' },
  CROSS_SLOT: { http: 400, redis: 'CROSSSLOT', sentence: "Keys in request don't hash to the same slot", remedy: 'Give the keys a common {hash tag}.' },
  MOVED: { http: 307, redis: 'MOVED', sentence: '{slot} {address}', remedy: 'A cluster client follows this by itself; use redis-cli -c.' },
  CLUSTER_DOWN: { http: 503, redis: 'CLUSTERDOWN', sentence: 'Hash slot not served', remedy: 'Wait until the shard has a primary; see meridian status.' },
  NO_AUTH: { http: 401, redis: 'NOAUTH', sentence: 'Authentication required', remedy: 'Send the header `Authorization: Bearer TOKEN` with a token of the key `tokens` in the Secret that spec.auth.usersSecretRef of the CacheCluster names, or with the key `default-password` of it (of the Secret <cluster>-auth where it names none).' },
  WRONG_PASS: { http: 401, redis: 'WRONGPASS', sentence: 'invalid username-password pair or user is disabled.', remedy: 'Check the user and password in the Secret <cluster>-auth.' },
  NO_PERMISSION: { http: 403, redis: 'NOPERM', sentence: "This user may not {verb} in the namespace '{namespace}'", remedy: 'Where there is a CacheNamespace of that name, its owner gives a user the verb {verb} in spec.access.' },
  OUT_OF_MEMORY: { http: 507, redis: 'OOM', sentence: "command not allowed when used memory > 'maxmemory'.", remedy: 'Raise spec.memory or choose an eviction policy.', title: 'Cache storage full' },
  WORKING_MEMORY: { http: 507, redis: 'OOM', sentence: 'what this command needs while it runs does not fit into the memory of the node', remedy: 'Ask for less at a time (LIMIT, COUNT, fewer keys), or raise spec.memory.', title: 'Not enough memory for this command' },
  QUOTA_MEMORY: { http: 507, redis: 'OOM', sentence: "memory quota of namespace '{namespace}' is used up", remedy: 'Delete keys, raise spec.quota.memory, or choose an eviction policy for the namespace.', title: 'Storage quota exceeded' },
  QUOTA_KEYS: { http: 507, redis: 'OOM', sentence: "key quota of namespace '{namespace}' is used up", remedy: 'Delete keys, raise spec.quota.keys, or choose an eviction policy for the namespace.', title: 'Storage quota exceeded' },
  QUOTA_RATE: { http: 429, redis: 'LIMIT', sentence: "{quota} quota of namespace '{namespace}' is used up, retry in {retryMs} ms", remedy: 'Send less, or raise the quota of the CacheNamespace.' },
  NO_REPLICAS: { http: 503, redis: 'NOREPLICAS', sentence: 'Not enough good replicas to write.', remedy: 'Wait until a replica is in sync again, or lower spec.replication.minInSync.' },
  HIBERNATING: { http: 503, redis: 'HIBERNATING', sentence: 'The cluster is being hibernated: writes are refused, reads go on until its pods stop', remedy: 'Set spec.hibernate to false; writes are taken again as soon as the cluster is awake.' },
  KEY_TOO_LARGE: { http: 400, redis: 'ERR', sentence: 'key is longer than {limitBytes} bytes', remedy: 'Use a shorter key.' },
  VALUE_TOO_LARGE: { http: 400, redis: 'ERR', sentence: 'string exceeds maximum allowed size ({limitBytes} bytes)', remedy: 'Split the value or raise the limit.', title: 'Value too large' },
  PROTOCOL: { http: 400, redis: 'ERR', sentence: 'Protocol error: {detail}', remedy: 'Use a RESP2 or RESP3 client; the connection was closed.' },
  MAX_CLIENTS: { http: 503, redis: 'ERR', sentence: 'max number of clients reached', remedy: 'Close idle connections or add shards.' },
  LOADING: { http: 503, redis: 'LOADING', sentence: 'Meridian is starting and does not know its slots yet', remedy: 'Retry shortly; see GET /health.' },
  INTERNAL: { http: 500, redis: 'ERR', sentence: 'internal error ({reference})', remedy: 'Look the reference up in the log of the node and report it.' },
  NO_ROUTE: { http: 404, redis: 'ERR', sentence: 'there is nothing at {method} {path}', remedy: 'See the HTTP API in the documentation.' },
  NOT_IMPLEMENTED: { http: 501, redis: 'ERR', sentence: '{what} is not part of this version yet', remedy: 'Use the Redis protocol, or a newer version.' },
  // --- HTTP API
  INVALID_NAMESPACE: { http: 400, redis: 'ERR', sentence: 'Invalid namespace', remedy: 'Use the name of a CacheNamespace of this cluster, or `default` for keys without a namespace.' },
  INVALID_KEY: { http: 400, redis: 'ERR', sentence: 'Invalid key: {detail}', remedy: 'Percent-encode the key once; 1 to 65536 bytes.' },
  INVALID_REQUEST: { http: 400, redis: 'ERR', sentence: 'Invalid request: {detail}', remedy: 'See /api/v1/openapi.json for what the call takes.' },
  MALFORMED_JSON: { http: 400, redis: 'ERR', sentence: 'Malformed JSON: {detail}', remedy: 'Send a JSON document in UTF-8.' },
  MALFORMED_HTTP: { http: 400, redis: 'ERR', sentence: 'Malformed HTTP request', remedy: 'The connection was closed; use an HTTP/1.1 client.' },
  HEADERS_TOO_LARGE: { http: 431, redis: 'ERR', sentence: 'Request line and headers are longer than {limitBytes} bytes', remedy: 'Use shorter headers or a shorter key.' },
  REQUEST_TIMEOUT: { http: 408, redis: 'ERR', sentence: 'The request did not arrive in time', remedy: 'Send it again, faster.' },
  METHOD_NOT_ALLOWED: { http: 405, redis: 'ERR', sentence: '{method} is not a method of {path}', remedy: 'The header Allow lists the methods.' },
  UNSUPPORTED_MEDIA: { http: 415, redis: 'ERR', sentence: 'Content {detail} is not understood', remedy: 'Send application/json, or application/octet-stream for raw bytes, without Content-Encoding.' },
  INVALID_TOKEN: { http: 401, redis: 'ERR', sentence: 'Invalid token', remedy: 'Use a token from the users Secret of the cluster.' },
  EXPIRED_TOKEN: { http: 401, redis: 'ERR', sentence: 'Token expired', remedy: 'Use a newer token from the users Secret of the cluster.' },
  VERSION_CONFLICT: { http: 409, redis: 'ERR', sentence: 'Version conflict', remedy: 'Read the key again and repeat the change.' },
  FILL_VOIDED: { http: 409, redis: 'ERR', sentence: 'Fill token is not valid any more', remedy: 'The key was written or deleted meanwhile; read it again.' },
  DEPENDENCIES_PENDING: { http: 503, redis: 'TRYAGAIN', sentence: 'The first dependency of the namespace is being made known to the other shards', remedy: 'Repeat the request; cluster clients do so by themselves.' },
  TOO_BUSY: { http: 503, redis: 'ERR', sentence: 'Too many requests are in flight', remedy: 'Retry shortly.' },
  OUTCOME_UNKNOWN: { http: 503, redis: 'ERR', sentence: 'The node lost its role while it answered; whether a write was done is unknown', remedy: 'Read the key, or repeat the request.' },
  NO_ANSWER: { http: 504, redis: 'ERR', sentence: 'No answer within {limitMs} ms', remedy: 'The copies of the shard are slow or away; see GET /health and meridian status.' },
  // --- node to node, operator to node
  BUS_IDENTITY: { http: 403, redis: 'ERR', sentence: 'peer belongs to cluster {theirs}, not to {ours}', remedy: 'A pod address was reused by another cluster; the connection is retried.' },
  BUS_AUTH: { http: 403, redis: 'ERR', sentence: 'peer could not prove that it knows the cluster key', remedy: 'Check that all pods mount the same bus Secret.' },
  BUS_PROTOCOL: { http: 400, redis: 'ERR', sentence: 'bus protocol error: {detail}', remedy: 'The connection was closed and is retried; report it when it repeats.' },
  BUS_TARGET: { http: 403, redis: 'ERR', sentence: 'peer is {theirs}, not {expected}', remedy: 'A pod address was reused; the new address is learned from the other nodes.' },
  BUS_TIMEOUT: { http: 504, redis: 'ERR', sentence: '{peer} did not answer {method} within {limitMs} ms', remedy: 'Check that the node runs and that the network policy lets the bus and admin ports through.' },
  BUS_BUSY: { http: 503, redis: 'ERR', sentence: 'too many requests of or to {peer} are in flight', remedy: 'Retry shortly.' },
  BUS_CLOSED: { http: 503, redis: 'ERR', sentence: 'connection to {peer} was closed', remedy: 'It is opened again when it is needed; see the log of the peer when it repeats.' },
  BUS_UNREACHABLE: { http: 503, redis: 'ERR', sentence: '{address} cannot be reached: {detail}', remedy: 'Check that the node runs and that the network policy lets the bus and admin ports through.' },
  BUS_METHOD: { http: 400, redis: 'ERR', sentence: 'unknown request {method}', remedy: 'The nodes run different versions; finish the upgrade.' },
  // --- manifests, command line, local mode
  MANIFEST_SYNTAX: { http: 400, redis: 'ERR', sentence: '{file}:{line}: {detail}', remedy: 'Mend the YAML and save the file.' },
  MANIFEST_INVALID: { http: 422, redis: 'ERR', sentence: '{file}:{line}: {path}: {detail}', remedy: 'Change the field as the sentence says.' },
  MANIFESTS_REFUSED: { http: 422, redis: 'ERR', sentence: '{faults}', remedy: 'Nothing was started; mend the manifests and run the command again.' },
  PORT_TAKEN: { http: 500, redis: 'ERR', sentence: 'port {port} on 127.0.0.1 is taken ({purpose})', remedy: 'Stop what listens there, or choose another port.' },
  USAGE: { http: 400, redis: 'ERR', sentence: '{detail}', remedy: 'See meridian --help.' },
  LOCAL_MODE_AWAY: { http: 502, redis: 'ERR', sentence: 'local mode does not answer at {url}', remedy: 'Start it with npm start, or give its --status-port: --local=http://127.0.0.1:PORT.' },
  NODE_UNREACHABLE: { http: 502, redis: 'ERR', sentence: 'pod {pod} cannot be reached through the API server: {detail}', remedy: 'Check that the pod runs and that you may create pods/portforward in its namespace.' },
  NODE_CONFIG: { http: 500, redis: 'ERR', sentence: 'node configuration: {detail}', remedy: 'The operator writes this file; check the ConfigMap and the environment of the pod.' },
  // --- Kubernetes API
  KUBE_NOT_FOUND: { http: 404, redis: 'ERR', sentence: '{kind} "{name}" not found', remedy: 'Check name and namespace.' },
  KUBE_CONFLICT: { http: 409, redis: 'ERR', sentence: 'the object has been modified; please apply your changes to the latest version and try again', remedy: 'Read the object again and repeat the change.' },
  KUBE_NOWHERE: { http: 500, redis: 'ERR', sentence: 'there is no kubeconfig here that says where the Kubernetes API is', remedy: 'Set KUBECONFIG or --kubeconfig; for the local mode of npm start add --local.' },
  KUBE_REQUEST: { http: 500, redis: 'ERR', sentence: 'Kubernetes API: {detail}', remedy: 'Check that the API server is reachable and that the Role allows the request.' },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof errorTable;
