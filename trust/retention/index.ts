/** What ends, when, and who ends it: the only code that destroys. Runs as the part `worker`. */
export { keepToTheRules, startWorker } from './worker.ts'
