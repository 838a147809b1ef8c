/** CLOCK_THREAD_CPUTIME_ID: what `process.threadCpuUsage` says moves on only every few milliseconds. */
const threadCpuClock = 3;

const ffi = process.getBuiltinModule('node:ffi') as typeof import('node:ffi');
const { functions } = ffi.dlopen(null, { clock_gettime: { arguments: ['int32', 'pointer'], return: 'int32' } });
/** struct timespec, of which the low halves are enough. */
const time = new Int32Array(4);
const timePointer = ffi.getRawPointer(time.buffer);

/** CPU of this thread in milliseconds: what others do on the machine does not count. Linux only. */
export function threadCpuMs(): number {
  functions.clock_gettime(threadCpuClock, timePointer);
  return time[0] * 1000 + time[2] / 1e6;
}
