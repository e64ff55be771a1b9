/** What ends, when, and who ends it: the only code that destroys. */
export { keepToTheRules } from './keep.ts'
export { KEPT_MS, RULE_NAMES, sweepFiles } from './rules.ts'
export { ERASABLE, eraseOnRequest, keptBack, type Erasable } from './on-request.ts'
export { brakeState, heldFor, releaseBrake, type BrakeState, type HeldFor } from './brake.ts'
