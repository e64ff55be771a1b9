import type { Address, DeletedItem, Identity, Note, Template } from '../jmap/types.ts'
import { language, t } from '../shell/texts.svelte.ts'
import type { TextKey } from '../../ui/texts.ts'

/** What each kind of thing in the timeline is called, and how one that is no letter is read. */
interface Kind {
  icon: string
  name: TextKey
  count: TextKey
  /** What is said of it above its text. */
  facts?(value: Record<string, unknown>): Fact[]
  /** Its text, as HTML or plain; undefined for what has none. */
  text?(value: Record<string, unknown>): { html: string; text: string }
  /** The letter that it belongs to. */
  emailId?(value: Record<string, unknown>): string
}
export interface Fact {
  label: TextKey
  value: string
}

const addresses = (people: readonly Address[] | null): string =>
  new Intl.ListFormat(language()).format((people ?? []).map(({ name, email }) => (name ? `${name} <${email}>` : email)))

const kinds: Record<string, Kind> = {
  mail: { icon: 'mail', name: 'deleted.kind.other', count: 'deleted.count.mail' },
  template: {
    icon: 'file-text',
    name: 'deleted.kind.template',
    count: 'deleted.count.template',
    facts: (value) => [{ label: 'compose.subject', value: (value as unknown as Template).subject }],
    text: (value) => value as unknown as Template,
  },
  note: {
    icon: 'pen-line',
    name: 'deleted.kind.note',
    count: 'deleted.count.note',
    text: (value) => ({ html: '', text: (value as unknown as Note).text }),
    emailId: (value) => (value as unknown as Note).emailId,
  },
  identity: {
    icon: 'user',
    name: 'deleted.kind.identity',
    count: 'deleted.count.identity',
    facts(value) {
      const { name, email, replyTo, bcc } = value as unknown as Identity
      return [
        { label: 'identity.name', value: name },
        { label: 'identity.address', value: email },
        { label: 'head.replyTo', value: addresses(replyTo) },
        { label: 'head.bcc', value: addresses(bcc) },
      ]
    },
    text(value) {
      const { htmlSignature, textSignature } = value as unknown as Identity
      return { html: htmlSignature, text: textSignature }
    },
  },
  sieveScript: {
    icon: 'list-checks',
    name: 'deleted.kind.sieveScript',
    count: 'deleted.count.sieveScript',
    text: (value) => ({ html: '', text: String(value['text']) }),
  },
  blockedSender: { icon: 'ban', name: 'deleted.kind.blockedSender', count: 'deleted.count.blockedSender' },
  allowedSender: { icon: 'user-check', name: 'deleted.kind.allowedSender', count: 'deleted.count.allowedSender' },
  trustedSender: { icon: 'image', name: 'deleted.kind.trustedSender', count: 'deleted.count.trustedSender' },
}
const other: Kind = { icon: 'file', name: 'deleted.kind.other', count: 'deleted.count.other' }

export const kindOf = (kind: string): Kind => kinds[kind] ?? other

/** "2 letters and 1 note". */
export function countWords(counts: Readonly<Record<string, number>>): string {
  const known = Object.entries(counts).filter(([, count]) => count > 0)
  const order = Object.keys(kinds)
  const place = (kind: string): number => (kind in kinds ? order.indexOf(kind) : order.length)
  return new Intl.ListFormat(language()).format(
    known.toSorted(([a], [b]) => place(a) - place(b)).map(([kind, count]) => t(kindOf(kind).count, { count })),
  )
}

/** What a thing is called where it stands alone: a letter by its subject, anything else with what it is. */
export function titleWords({ kind, title }: Pick<DeletedItem, 'kind' | 'title'>): string {
  if (kind === 'mail') return title || t('list.noSubject')
  return t('deleted.named', { kind: t(kindOf(kind).name), title: title || t('deleted.noText') })
}
