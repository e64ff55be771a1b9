/** What ends, when, and who ends it: the only code that destroys. Runs as the part `worker`. */
export { keepToTheRules, startWorker } from './worker.ts'
export { KEPT_MS } from './rules.ts'
export { ERASABLE, eraseOnRequest, type Erasable } from './on-request.ts'
export { brakeState, releaseBrake, type BrakeState, type HeldFor } from './brake.ts'
