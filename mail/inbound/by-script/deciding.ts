import type { Message } from '#formats/message'
import { applyEdits, type HeaderEdit } from '#mail/filing'
import type { Finding } from '#mail/findings'
import type { OpenAccount, Storage, Transaction } from '#storage'
import type { Arrival } from '../receive.ts'
import type { Place } from './place.ts'

/** A letter before the script of one of its recipients. */
export interface Scripted {
  arrival: Pick<Arrival, 'mailFrom' | 'findings' | 'smtp' | 'found' | 'isTlsRequired' | 'isWrittenHere'>
  /** As it is filed. */
  bytes: Buffer
  /** The address of this recipient by which it was named. */
  address: string
  findings: readonly Finding[]
  /** What is kept of it stays among the junk. */
  isJunk: boolean
  /** Of which it is known by when it is named elsewhere. */
  name: { messageId: string | null; subject: string | null }
}

/** A copy that is filed. */
export interface Copy {
  bytes: Buffer
  mailboxes: Place[]
  keywords: string[]
  isDeleted: boolean
}

/** What a decision is made of. */
export interface Deciding {
  storage: Storage
  account: OpenAccount
  letter: Scripted
  message: Message
  copies: Copy[]
  /** Nothing goes out: not for junk, and not from an account that is suspended. */
  isSilent: boolean
  sending: ((tx: Transaction) => Promise<unknown>)[]
  /** Something asked for could not be done, for which the letter is kept. */
  isKept: boolean
}

export const edited = ({ message }: Deciding, { edits }: { edits: readonly HeaderEdit[] }): Buffer =>
  applyEdits(message, edits)
