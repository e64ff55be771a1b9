/** Moving in. Capability urn:zegel:transfer. */
import type { Id } from './core.ts'

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
  damages: { path?: string; uid?: number; offset?: number; line?: number; reason: string }[]
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
