/**
 * How the server's process deals with memory. `./zegel`, `zegel.service` and `Containerfile` say the same
 * (docs/performance.md, "Moving in and out").
 */

/**
 * On a large machine what is young would get 134 MB in each thread before Node looks what of it is garbage, and gains nothing by it.
 * What the start leaves is collected once, on request (protocols/command/serve.ts).
 */
export const memoryFlags = ['--max-semi-space-size=8', '--expose-gc']

/**
 * For glibc: threads that share what is freed, and large buffers that go back to the system as soon as they are free. Other systems do not
 * know these names.
 */
export const memoryEnvironment = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '131072' }
