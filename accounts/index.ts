/**
 * People: who they are, how they are found, how they sign in, and what they have chosen.
 * Writes the tables domain, domain_look, domain_claim, domain_proof, dkim_key, tls_key, certificate, acme_account, acme_challenge, account, address, list_address, password, app_password, session, sign_in_attempt, recovery, mailed_code,
 * spent_challenge, daily_count, closure, suspension, former_address, recovery_wait, totp, passkey and recovery_code.
 */
export {
  createDomain,
  hostedDomains,
  listDomains,
  isLocalDomain,
  operatedDomains,
  type Domain,
} from './directory/domains.ts'
export { claimDomain, type OwnDomainSettings } from './own-domains/claim.ts'
export { lookAtProofs, type KeptProofs } from './own-domains/keep.ts'
export { CLAIM_DAYS, listOwnDomains, setCatchAll, type OwnDomain } from './own-domains/list.ts'
export { lookAtClaims, lookAtOwnClaim, type ClaimSeen, type DomainOf, type TellOwner } from './own-domains/prove.ts'
export { releaseDomain, releaseDomainsOf, withdrawClaim } from './own-domains/release.ts'
export { DKIM_GONE_DAYS, keepDkimKeys, type KeptKeys } from './dkim/keep.ts'
export { type DkimAlgorithm } from './dkim/key.ts'
export { findChallenge } from './certificates/challenge.ts'
export { keepCertificates, prepareTlsKeys, type KeptCertificates } from './certificates/keep.ts'
export { openWhere, ownAddresses, type Leads } from './certificates/names.ts'
export { certificateOf, domainsInTrouble, tlsaStanding } from './certificates/standing.ts'
export { openCertificates, type LiveCertificates } from './certificates/live.ts'
export { dkimStanding, type DkimStanding } from './dkim/standing.ts'
export { openDkimKeys, type DkimKeys, type SigningKey } from './dkim/signing.ts'
export {
  RECORD_KINDS,
  RECORD_NOTES,
  type DnsRecord,
  type RecordKind,
  type RecordNote,
  type SeenRecord,
  type Standing,
} from './records/record.ts'
export { lookAtRecords, zoneLines } from './records/records.ts'
export {
  countRecords,
  keepLooks,
  lookNow,
  readLook,
  readLooks,
  shownRecord,
  type DomainLook,
  type RecordCounts,
  type ShownRecord,
} from './records/looks.ts'
export { mailServers, type MailServer } from './records/mail-servers.ts'
export { ownMtaStsPolicy } from './records/mta-sts.ts'
export {
  findAddressee,
  findClosedAddressee,
  addressesOf,
  allAddressesOf,
  findHolder,
  findRecipient,
  type AddressKind,
  type ClosedAddressee,
  type OwnAddress,
  type Recipient,
} from './directory/addresses.ts'
export { addAlias, choosePrimary, removeAlias, usableDomains, type AliasBy } from './directory/aliases.ts'
export {
  countMaskedLetter,
  domainForMasked,
  insertMasked,
  removeMasked,
  switchMasked,
  type MaskedLimits,
} from './directory/masked.ts'
export {
  changePosting,
  countListLetter,
  findList,
  insertListAddress,
  listAddressesOfLists,
  noteListOwnerTold,
  POSTINGS,
  postingsOf,
  removeListAddress,
  type ListAddress,
  type Posting,
} from './directory/lists.ts'
export { refuseListAddress } from './directory/list-choice.ts'
export { isOperated } from './directory/operator.ts'
export { REPORT_KINDS, reportAddress, takesReports, type ReportKind } from './directory/report-addresses.ts'
export { listAccounts, findAccount, type AccountEntry } from './directory/list.ts'
export { accountState, sendingStanding, type SendingStanding } from './directory/state.ts'
export { resumeAccount, stopAccount, trustAccount } from './suspension/stop.ts'
export { closeAccount, isLastOperator } from './closing/close.ts'
export { findClosure, type Closure } from './closing/closure.ts'
export { dueForErasing, dueReminders, noteReminder } from './closing/due.ts'
export { addressesOfAll, rememberFormer } from './closing/former.ts'
export { reopenAccount } from './closing/reopen.ts'
export { endForwarding } from './closing/forwarding.ts'
export { closingTerms, forwardDaysOf, remindersOf, type ClosingTerms } from './closing/terms.ts'
export { idleSteps, isStillIdle, noteIdleNotice, type IdleStep } from './idle/due.ts'
export {
  appeal,
  findAppeal,
  keepSuspended,
  lapsedAppeals,
  listAppeals,
  LONGEST_APPEAL,
  type Appeal,
} from './suspension/appeal.ts'
export { isSuspensionRule, SUSPENSION_RULES, type SuspensionRule } from './suspension/rules.ts'
export { findSuspension, liftSuspension, suspendAccount, type Suspension } from './suspension/suspend.ts'
export { createAccount, type NewAccount } from './create.ts'
export { changePassword } from './passwords/change.ts'
export { refuseWeakPassword } from './passwords/new.ts'
export { DECOY, fitsPassword, hashPassword } from './passwords/hash.ts'
export { isTooLong } from './passwords/rules.ts'
export { inTurn } from './passwords/turns.ts'
export { countToday } from './limits/daily.ts'
export { countAttempt, type Attempt } from './signin/attempts.ts'
export { newChallenge, spendChallenge, type Challenge } from './challenge/challenge.ts'
export { givePermit, usePermit, type Permit } from './permits/permit.ts'
export {
  beginSignUp,
  findSignUp,
  finishSignUp,
  proveSignUp,
  resendSignUpCode,
  signUpDomains,
  type CodeToMail,
  type NewPerson,
} from './sign-up/sign-up.ts'
export type { CodeState } from './codes/codes.ts'
export { accountsOfRecovery, findRecovery, maskAddress, type Recovery } from './recovery/address.ts'
export {
  beginReset,
  findReset,
  finishReset,
  proveReset,
  resendResetCode,
  resetChoices,
  type ResetChoice,
  type ResetCode,
  type ResetNotice,
} from './recovery/reset.ts'
export {
  beginWait,
  beginWaitFor,
  dueWaits,
  findWait,
  finishWait,
  lastWait,
  noteWait,
  stopWait,
  waitOfSetLink,
  waitOfStopLink,
  waitState,
  type DueWait,
  type RecoveryWait,
  type TellWait,
  type WaitLinks,
} from './recovery/waiting.ts'
export { changeOwnPassword, confirmRecovery, pendingRecovery, requestRecovery } from './recovery/change.ts'
export { accountLetter, type AccountLetter } from './letters/letters.ts'
export { confirmPassword } from './signin/own.ts'
export { checkPassword, checkForProgram, checkForReopening, type Credentials, type SignedIn } from './signin/check.ts'
export { signInClient, signInToken, type ClientCredentials, type ClientSignedIn } from './signin/client.ts'
export { scramSignIn, type ScramSignIn } from './signin/scram.ts'
export { networkOf } from './signin/network.ts'
export { openSession, type NewSession } from './sessions/open.ts'
export { findSession, type InSession } from './sessions/find.ts'
export { browserOf, programOf } from './sessions/browser.ts'
export { listSessions, type Session, type SessionKind } from './sessions/list.ts'
export { endSession, endAllSessions } from './sessions/end.ts'
export { endEverySignIn } from './sessions/end-every.ts'
export type { Door } from './doors/door.ts'
export { actorOf, type Device } from './doors/device.ts'
export { doorIsOpen } from './doors/open.ts'
export { onDoorClosed, tellEveryClosed } from './doors/closed.ts'
export { SCOPES, type Scope } from './app-passwords/scopes.ts'
// The second factors by themselves, wherever they are kept.
export { newTotpSecret, NO_STEP, totpStep, totpUri } from './factors/totp.ts'
export {
  bareRecoveryCode,
  newRecoveryCodes,
  RECOVERY_CODES,
  recoveryCodeKey,
  showRecoveryCode,
} from './factors/recovery-codes.ts'
export {
  canHavePasskeys,
  creationOptions,
  readAssertion,
  requestOptions,
  rpIdOf,
  verifyAssertion,
  verifyCreation,
  type Assertion,
  type Ceremony,
  type CreationOptions,
  type KnownPasskey,
  type RequestOptions,
} from './factors/passkeys.ts'
export { giveStep, readStep, tryStep, useStep } from './steps/step.ts'
// Those of people's accounts.
export {
  makeRecoveryCodes,
  takeFactors,
  type Announce,
  type FactorChange,
  type FactorNews,
} from './second-factor/change.ts'
export { asksFactor, readFactors, type SecondFactors } from './second-factor/list.ts'
export {
  addPasskey,
  beginPasskey,
  MOST_PASSKEYS,
  removePasskey,
  renamePasskey,
  type Passkey,
} from './second-factor/passkeys.ts'
export {
  beginFactor,
  beginPasskeySignIn,
  countWrongFactor,
  factorChoices,
  passWithCode,
  passWithPasskey,
  signInWithPasskey,
  type FactorChoices,
  type HalfWay,
} from './second-factor/sign-in.ts'
export { beginReopening, readReopening, useReopening, type Reopener } from './second-factor/reopening.ts'
export { addTotp, beginTotp, removeTotp } from './second-factor/totp.ts'
export { createAppPassword, MOST_APP_PASSWORDS, type NewAppPassword } from './app-passwords/create.ts'
export { listAppPasswords, type AppPassword } from './app-passwords/list.ts'
export { renameAppPassword, revokeAppPassword } from './app-passwords/change.ts'
export { letProgramsIn, passwordUse } from './passwords/programs.ts'
export { openSettings, readSettings, writeSettings, settingsState, type Settings } from './settings.ts'
