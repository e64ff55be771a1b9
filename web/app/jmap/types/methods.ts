/** Every method the app calls. */
import type { PublicKeyCredentialCreationOptionsJSON, RegistrationResponseJSON } from '@simplewebauthn/browser'
import type { Id, Patch, SetError, GetArgs, GetResult, Changes, ChangesArgs, SetArgs, SetResult } from './core.ts'
import type {
  Mailbox,
  Address,
  Email,
  Letter,
  Thread,
  EmailFilter,
  Identity,
  EmailSubmission,
  Threading,
  VacationResponse,
} from './mail.ts'
import type {
  MaskedAddress,
  Template,
  Correspondent,
  Note,
  BlockedSender,
  AllowedSender,
  Story,
  Fate,
  TrustedSender,
  Snooze,
  Reminder,
} from './around.ts'
import type { SieveScript, TriedLetter } from './sieve.ts'
import type { MailList, ListMember, HeldLetter } from './lists.ts'
import type {
  SignIn,
  AppPassword,
  OwnAddress,
  OwnDomain,
  Settings,
  SecondFactor,
  Recovery,
  Closing,
  Versions,
  Consent,
  Suspension,
  RecoveryWait,
} from './account.ts'
import type { HeldCategory, JournalEntry, AccessEntry } from './privacy.ts'
import type { Ticket } from './support.ts'
import type { MailCollection, MailImport } from './transfer.ts'
import type { Deletion, DeletedDevice, DeletedItem, DeletedFilter, Restoring, Restored } from './deleted.ts'

/** The small things, identities and those of the capability urn:zegel:mail, that have /get, /changes and /set and nothing more. */
export interface Records {
  Identity: Identity
  Template: Template
  MaskedAddress: MaskedAddress
  MailList: MailList
  Correspondent: Correspondent
  Note: Note
  BlockedSender: BlockedSender
  AllowedSender: AllowedSender
  TrustedSender: TrustedSender
  Snooze: Snooze
  Reminder: Reminder
}

export type RecordType = keyof Records

type RecordMethods = {
  [T in RecordType as `${T}/get`]: { args: GetArgs; result: GetResult<Records[T]> }
} & {
  [T in RecordType as `${T}/changes`]: { args: ChangesArgs; result: Changes }
} & {
  [T in RecordType as `${T}/set`]: { args: SetArgs; result: SetResult }
}

/** Every method the app calls: its arguments (without accountId) and its response. */
export interface Methods extends RecordMethods {
  'Core/echo': { args: object; result: object }
  'Mailbox/get': { args: GetArgs; result: GetResult<Mailbox> }
  'Mailbox/changes': { args: ChangesArgs; result: Changes & { updatedProperties: string[] | null } }
  'Mailbox/set': { args: SetArgs & { onDestroyRemoveEmails?: boolean }; result: SetResult }
  'Thread/get': { args: GetArgs; result: GetResult<Thread> }
  'Thread/changes': { args: ChangesArgs; result: Changes }
  'Email/get': {
    args: GetArgs & {
      bodyProperties?: string[]
      fetchTextBodyValues?: boolean
      fetchHTMLBodyValues?: boolean
      maxBodyValueBytes?: number
    }
    result: GetResult<Email & Letter & Partial<Threading>>
  }
  'Email/changes': { args: ChangesArgs; result: Changes }
  'Email/set': { args: SetArgs; result: SetResult }
  'Email/query': {
    args: {
      filter?: EmailFilter
      sort: { property: string; isAscending: boolean }[]
      collapseThreads?: boolean
      position?: number
      anchor?: Id
      anchorOffset?: number
      limit?: number
      calculateTotal?: boolean
    }
    result: { queryState: string; position: number; ids: Id[]; total?: number }
  }
  'EmailSubmission/get': { args: GetArgs; result: GetResult<EmailSubmission> }
  'EmailSubmission/query': {
    args: {
      filter?: { undoStatus?: EmailSubmission['undoStatus']; emailIds?: Id[] }
      sort?: { property: string; isAscending: boolean }[]
      limit?: number
    }
    result: { queryState: string; position: number; ids: Id[] }
  }
  'EmailSubmission/set': {
    args: SetArgs & { onSuccessUpdateEmail?: Record<string, Patch> }
    result: SetResult
  }
  'Settings/get': { args: GetArgs; result: GetResult<Settings> }
  'Settings/set': { args: SetArgs; result: SetResult }
  'SignIn/get': { args: GetArgs; result: GetResult<SignIn> }
  'SignIn/set': { args: SetArgs; result: SetResult }
  'HeldCategory/get': { args: GetArgs; result: GetResult<HeldCategory> }
  'HeldCategory/vanish': { args: { id: Id; password?: string }; result: { vanished: number } }
  'MailImport/get': { args: GetArgs; result: GetResult<MailImport> }
  'MailImport/set': { args: SetArgs; result: SetResult }
  'MailCollection/get': { args: GetArgs; result: GetResult<MailCollection> }
  'MailCollection/set': { args: SetArgs; result: SetResult }
  'MailExport/prepare': {
    args: { format: 'mbox' | 'maildir'; mailboxId: Id | null }
    result: { path: string; expiresAt: string }
  }
  'HeldDownload/prepare': { args: { password: string }; result: { path: string; expiresAt: string } }
  'JournalEntry/query': {
    args: {
      filter: { after?: string; before?: string; kinds?: JournalEntry['kind'][] }
      position?: number
      limit?: number
    }
    result: { ids: Id[]; position: number }
  }
  'JournalEntry/get': { args: GetArgs; result: GetResult<JournalEntry> }
  'AccessEntry/query': { args: { position?: number; limit?: number }; result: { ids: Id[]; position: number } }
  'AccessEntry/get': { args: GetArgs; result: GetResult<AccessEntry> }
  'Address/get': { args: GetArgs; result: GetResult<OwnAddress> }
  'Address/set': { args: SetArgs; result: SetResult<OwnAddress> }
  'Address/domains': { args: object; result: { domains: string[] } }
  'MailList/members': { args: { listId: Id }; result: { list: ListMember[] } }
  'MailList/add': {
    args: { listId: Id; emails: string[] }
    result: { members: string[]; invited: string[]; known: string[]; invalid: string[]; left: string[] }
  }
  'MailList/takeOff': { args: { listId: Id; emails: string[] }; result: { takenOff: string[] } }
  'MailList/resume': { args: { listId: Id; email: string }; result: object }
  'HeldLetter/get': { args: GetArgs & { listId: Id }; result: GetResult<HeldLetter> }
  'HeldLetter/decide': {
    args: { ids: Id[]; accept: boolean; reason?: string | null }
    result: { decided: Id[]; notDecided: Record<Id, SetError> | null }
  }
  'OwnDomain/get': { args: GetArgs; result: GetResult<OwnDomain> }
  'OwnDomain/set': { args: SetArgs; result: SetResult<OwnDomain> }
  'OwnDomain/look': { args: { id: Id }; result: { domain: OwnDomain | null } }
  'AppPassword/get': { args: GetArgs; result: GetResult<AppPassword> }
  'AppPassword/set': { args: SetArgs & { password?: string }; result: SetResult<{ id: Id; secret: string }> }
  'Password/get': { args: GetArgs; result: GetResult<{ id: Id; worksInPrograms: boolean }> }
  'Password/set': { args: SetArgs; result: SetResult }
  'Password/change': { args: { current: string; new: string }; result: object }
  'SecondFactor/get': { args: GetArgs; result: GetResult<SecondFactor> }
  'SecondFactor/beginTotp': { args: { password: string }; result: { secret: string; uri: string; token: string } }
  'SecondFactor/addTotp': { args: { token: string; code: string }; result: { recoveryCodes: string[] | null } }
  'SecondFactor/removeTotp': { args: { password: string }; result: object }
  'SecondFactor/beginPasskey': {
    args: { password: string }
    result: { options: PublicKeyCredentialCreationOptionsJSON; token: string }
  }
  'SecondFactor/addPasskey': {
    args: { token: string; name: string; credential: RegistrationResponseJSON }
    result: { id: Id; recoveryCodes: string[] | null }
  }
  'SecondFactor/renamePasskey': { args: { id: Id; name: string }; result: { name: string } }
  'SecondFactor/removePasskey': { args: { id: Id; password: string }; result: object }
  'SecondFactor/makeRecoveryCodes': { args: { password: string }; result: { recoveryCodes: string[] } }
  'Recovery/get': { args: GetArgs; result: GetResult<Recovery> }
  'Recovery/request': { args: { address: string; password: string }; result: { expiresAt: string } }
  'Recovery/confirm': { args: { code: string }; result: object }
  'Closing/get': { args: GetArgs; result: GetResult<Closing> }
  'Closing/close': {
    args: { password: string; forwardDays: number | null }
    result: { reopenUntil: string; eraseAt: string; forwardUntil: string | null }
  }
  'Consent/get': { args: GetArgs; result: GetResult<Consent> }
  'Consent/agree': { args: Versions; result: object }
  'Suspension/get': { args: GetArgs; result: GetResult<Suspension> }
  'Suspension/appeal': { args: { text: string }; result: { decideBy: string } }
  'RecoveryWait/get': { args: GetArgs; result: GetResult<RecoveryWait> }
  'RecoveryWait/stop': { args: object; result: { stopped: boolean } }
  'Ticket/get': { args: GetArgs; result: GetResult<Ticket> }
  'Ticket/set': { args: SetArgs; result: SetResult }
  'VacationResponse/get': { args: GetArgs; result: GetResult<VacationResponse> }
  'VacationResponse/set': { args: SetArgs; result: SetResult }
  'SieveScript/get': { args: GetArgs; result: GetResult<SieveScript> }
  'SieveScript/set': {
    args: SetArgs & { ifInState?: string; onSuccessActivateScript?: Id; onSuccessDeactivateScript?: boolean }
    result: SetResult
  }
  'SieveScript/validate': { args: { blobId: Id }; result: { error: SetError | null } }
  'SieveScript/try': {
    args: { content: string; limit: number }
    result: {
      list: TriedLetter[]
      error: { description: string; line: number; column: number } | null
      isPartial: boolean
    }
  }
  'SearchSnippet/get': {
    args: { filter: EmailFilter; emailIds: Id[] }
    result: { list: { emailId: Id; subject: string | null; preview: string | null }[]; notFound: Id[] | null }
  }
  'Search/suggest': { args: { text: string; limit?: number }; result: { words: string[]; people: Address[] } }
  'Search/terms': { args: { filter: EmailFilter }; result: { words: string[] } }
  'Email/unsubscribe': { args: { emailId: Id }; result: { done?: 'posted' | 'mailed'; url?: string } }
  'MDN/send': {
    args: { identityId: Id; send: Record<string, object>; onSuccessUpdateEmail?: Record<string, Patch> }
    result: { sent: Record<string, object> | null; notSent: Record<string, SetError> | null }
  }
  'Story/get': { args: GetArgs; result: GetResult<Story> }
  'Story/query': {
    args: { filter?: { text?: string; way?: Story['way']; fates?: readonly Fate[] }; limit?: number }
    result: { queryState: string; position: number; ids: Id[] }
  }
  'Story/set': { args: SetArgs; result: SetResult }
  'Deletion/get': { args: GetArgs; result: GetResult<Deletion> }
  'Deletion/query': {
    args: { filter?: { isAsked?: true; deviceId?: Id }; position?: number; limit?: number }
    result: { queryState: string; position: number; ids: Id[] }
  }
  'DeletedDevice/get': { args: GetArgs; result: GetResult<DeletedDevice> }
  'Deletion/set': { args: SetArgs; result: SetResult }
  'DeletedItem/get': {
    args: GetArgs & {
      emailProperties?: string[]
      bodyProperties?: string[]
      fetchTextBodyValues?: boolean
      fetchHTMLBodyValues?: boolean
      maxBodyValueBytes?: number
    }
    result: GetResult<DeletedItem>
  }
  'DeletedItem/query': {
    args: { filter?: DeletedFilter; position?: number; limit?: number; calculateTotal?: boolean }
    result: { queryState: string; position: number; ids: Id[]; total?: number }
  }
  'DeletedItem/restore': { args: Restoring & { dryRun?: boolean }; result: Restored }
  'Note/query': { args: { filter: { emailIds: Id[] } }; result: { ids: Id[] } }
}

export type Method = keyof Methods
