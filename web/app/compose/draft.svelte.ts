import { SvelteMap } from 'svelte/reactivity'
import { identities } from '../data/writing.ts'
import type { Id, Identity } from '../jmap/types.ts'
import { language } from '../shell/texts.svelte.ts'
import type { Recipient } from './addresses.ts'
import type { Content, Part } from './letter.ts'
import { shownIds, writePage } from './markup.ts'
import { joinPlain } from './quoted.ts'
import type { Kind } from './reply.ts'
import { Upload } from './uploads.svelte.ts'

export const fields = ['to', 'cc', 'bcc'] as const
export type Field = (typeof fields)[number]

/** What is quoted or forwarded below one's own words; it stays as it is unless it is taken into the text. */
export interface Quoted {
  /** Clean markup, as it will be sent. */
  html: string
  text: string
}

/** What the person wrote, in both forms; of a plain letter the HTML is ''. */
export interface Body {
  html: string
  text: string
}

/** What of the page must be asked for the text, and be told when it is to be another. */
export interface EditorFace {
  read(): Body
  focus(): void
  /** Puts HTML where the cursor is. */
  insert(html: string, text: string): void
  /** Exchanges the signature for that of another identity. */
  sign(from: Identity | undefined, to: Identity | undefined): void
}

export type SaveState = 'untouched' | 'changed' | 'saving' | 'saved' | 'offline' | 'failed'

/** What is wrong, said at the field it concerns. */
export interface Problem {
  at: Field | 'from' | 'files' | 'letter'
  text: string
}

/** A letter that is being written. */
export class Draft {
  /** By which the place in the address line names it until it has an id. */
  readonly token: string
  status: 'loading' | 'ready' | 'failed' = $state('loading')
  identityId: Id | undefined = $state()
  readonly lists: Record<Field, Recipient[]> = $state({ to: [], cc: [], bcc: [] })
  subject: string = $state('')
  rich: boolean = $state(true)
  important: boolean = $state(false)
  receipt: boolean = $state(false)
  files: Upload[] = $state([])
  /** Pictures of the text, by Content-ID. */
  readonly pictures = new SvelteMap<string, Upload>()
  quoted: Quoted | undefined = $state.raw()
  /** People of the letter that is answered, to be offered first. */
  people: Recipient[] = []
  kind: Kind | undefined
  /** The message that is answered or forwarded. */
  originalId: Id | undefined
  inReplyTo: string[] = []
  references: string[] = []
  messageId: string

  /** Where it is kept; another one after each saving. */
  emailId: Id | undefined = $state()
  savedAt: Date | undefined = $state()
  saved: SaveState = $state('untouched')
  /** It was changed elsewhere while it was open here. */
  conflict: boolean = $state(false)
  problems: Problem[] = $state([])
  /** What is wanted before it is sent. */
  asks: 'attachment' | 'subject' | undefined = $state()

  /** The text while no editor shows it. */
  body: Body = { html: '', text: '' }
  editor: EditorFace | undefined

  constructor(token: string) {
    this.token = token
    this.messageId = ''
  }

  get identity(): Identity | undefined {
    return identities.all.get(this.identityId ?? '')
  }

  /** The text now. */
  read(): Body {
    if (this.editor) this.body = this.editor.read()
    return this.body
  }

  get uploading(): boolean {
    return this.uploads().some(({ status }) => status === 'waiting' || status === 'sending')
  }

  uploads(): Upload[] {
    return [...this.files, ...this.pictures.values()]
  }

  /** Whether there is nothing that would be a loss. */
  isEmpty(): boolean {
    if (this.emailId !== undefined || this.files.length > 0 || this.pictures.size > 0) return false
    return this.saved === 'untouched'
  }

  /** The letter as it stands, without what has not arrived on the server. */
  content(sentAt?: Date): Content {
    const { html, text } = this.read()
    const { identity } = this
    const { quoted } = this
    const own = quoted ? joinPlain({ own: text, attribution: '', quote: quoted.text }) : text
    const page = this.rich ? writePage(html, quoted?.html ?? '', language()) : undefined
    const shown = page === undefined ? new Set<string>() : shownIds(page)
    const pictures = [...this.pictures.values()].filter(({ cid }) => cid !== undefined && shown.has(cid))
    return {
      from: { name: identity?.name || null, email: identity?.email ?? '' },
      replyTo: identity?.replyTo ?? null,
      ...$state.snapshot(this.lists),
      subject: this.subject,
      messageId: this.messageId,
      inReplyTo: this.inReplyTo,
      references: this.references,
      important: this.important,
      receipt: this.receipt,
      text: own,
      html: page,
      parts: [...pictures, ...this.files].flatMap(partOf),
      sentAt,
    }
  }
}

function partOf({ blobId, name, type, size, cid }: Upload): Part[] {
  if (blobId === undefined) return []
  return [{ blobId, name, type, size, ...(cid === undefined ? {} : { cid }) }]
}
