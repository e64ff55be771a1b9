/** The part `worker`: what comes round by itself, each with its time. */
export { startWorker } from './start.ts'
