/** Suspending an account for a rule of the terms, and its owner's appeal against a clock; each step is told by mail. */
export { appeal } from './appeal.ts'
export { resume } from './resume.ts'
export { suspend } from './suspend.ts'
export { suspensionActs, type ReadAppeal, type WaitingAppeal } from './acts.ts'
export { keep, lift, liftLapsed } from './decide.ts'
