/**
 * People: who they are, how they are found, how they sign in, and what they have chosen.
 * Writes the tables domain, account, address, password, session and sign_in_attempt.
 */
export { createDomain, listDomains, isLocalDomain, type Domain } from './directory/domains.ts'
export { findAddressee, addressesOf } from './directory/addresses.ts'
export { listAccounts, findAccount, type AccountEntry } from './directory/list.ts'
export { createAccount, type NewAccount } from './create.ts'
export { changePassword } from './passwords/change.ts'
export { checkPassword, checkBasic, type Credentials, type SignedIn } from './signin/check.ts'
export { networkOf } from './signin/network.ts'
export { openSession, type NewSession } from './sessions/open.ts'
export { findSession, sessionLives } from './sessions/find.ts'
export { listSessions, type Session, type SessionKind } from './sessions/list.ts'
export { endSession, endAllSessions } from './sessions/end.ts'
export { onSessionEnd, type EndedSession } from './sessions/ended.ts'
export { readSettings, writeSettings, settingsState, type Settings } from './settings.ts'
