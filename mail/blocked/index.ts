/** Senders whose letters a person does not want. Records of the kind `blockedSender`. */
export { BLOCKED, blockedAddress, blockedLookup, isBlockedSender, sendersOf, type BlockedSender } from './blocked.ts'
