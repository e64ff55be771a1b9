/** Addresses that stand for many. Capability urn:zegel:lists. */
import type { Id } from './core.ts'
import type { Address } from './mail.ts'

/** An address of the account's that stands for many. Capability urn:zegel:lists. */
export interface MailList {
  id: Id
  email: string
  name: string
  posting: 'anybody' | 'members' | 'moderated' | 'approved' | 'owner'
  members: number
  paused: number
  invited: number
  held: number
}

export interface ListMember {
  email: string
  state: 'member' | 'paused' | 'invited'
  since: string
}

/** A letter to a list that waits for its owner. Capability urn:zegel:lists. */
export interface HeldLetter {
  id: Id
  listId: Id
  from: Address[]
  subject: string
  preview: string
  hasAttachment: boolean
  size: number
  mayAnswer: boolean
  heldAt: string
  endsAt: string
}
