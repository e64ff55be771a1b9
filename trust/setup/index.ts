/** What a server needs before the first letter can go out and come in, and how it stands with that. */
export { setupActs, type ShownSetup } from './act.ts'
export { lookAtSetup, type SetupContext, type SetupItem, type SetupName, type SetupState } from './look.ts'
export { takesConnections } from './network.ts'
export { setupSentence, setupTitle } from './words.ts'
