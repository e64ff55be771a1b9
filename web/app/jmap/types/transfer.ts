/** Moving in, and collecting. Capability urn:zegel:transfer. */
import type { Id } from './core.ts'

/** What could not be brought in, and where it is, as far as that is known. */
export interface Damage {
  path?: string
  uid?: number
  number?: number
  offset?: number
  line?: number
  reason: string
}

/** A file that is brought in, or an account at another provider. Capability urn:zegel:transfer. */
export interface MailImport {
  id: Id
  source: 'file' | 'imap'
  /** Of the file, or of whoever signs in there. */
  name: string
  host: string | null
  /** Names of the mailbox that was chosen, from the top. */
  folder: string[] | null
  state: 'uploading' | 'waiting' | 'running' | 'done' | 'stopped' | 'failed'
  /** Why it failed. */
  reason: string | null
  /** Bytes of a file, letters of a provider. */
  size: number
  received: number
  done: number
  folders: number
  foldersDone: number
  added: number
  known: number
  damaged: number
  skipped: number
  damages: Damage[]
  createdAt: string
  changedAt: string
  /** It was not reached, and is tried again then. */
  retryAt: string | null
}

/** How an account at another provider is reached. */
export interface ProviderAccount {
  host: string
  port: number
  security: 'tls' | 'starttls' | 'none'
  user: string
  password: string
}

/** What comes to an account elsewhere, collected again and again. Capability urn:zegel:transfer. */
export interface MailCollection {
  id: Id
  protocol: 'imap' | 'pop3'
  host: string
  port: number
  security: ProviderAccount['security']
  user: string
  /** null: as new letters come, by the rules. */
  mailboxId: Id | null
  everyMinutes: 15 | 60 | 1440
  leavesThere: boolean
  state: 'active' | 'paused'
  isRunning: boolean
  /** Why the last attempt was in vain. */
  reason: string | null
  added: number
  damaged: number
  damages: Damage[]
  createdAt: string
  collectedAt: string | null
  dueAt: string | null
}
