import type { Id } from '../jmap/types.ts'
import { fields, narrowings } from '../mail/view.ts'
import type { Narrowing, Source } from '../mail/view.ts'

/** Where the person is. A mailbox with a role is named by it, any other by its id. */
export type Place =
  | { page: 'mail'; where: Where; only: Narrowing | undefined; thread: Id | undefined }
  | { page: 'settings' }
export type Where = { kind: 'mailbox'; slug: string } | Exclude<Source, { kind: 'mailbox' }>

/** Reads a fragment such as #/mail/inbox/t12?only=unread; what it does not know leads to the inbox. */
export function parsePlace(fragment: string): Place {
  const [path = '', query = ''] = fragment.replace(/^#?\/?/, '').split('?')
  const parts = path.split('/').map(decode)
  const asked = new URLSearchParams(query).get('only')
  const only = narrowings.find((one) => one === asked)
  const mail = (where: Where, thread: string | undefined): Place => ({
    page: 'mail',
    where,
    only,
    thread: thread || undefined,
  })

  if (parts[0] === 'settings') return { page: 'settings' }
  if (parts[0] === 'label' && parts[1]) return mail({ kind: 'label', keyword: parts[1] }, parts[2])
  const field = fields.find((one) => one === parts[1])
  if (parts[0] === 'find' && field && parts[2]) return mail({ kind: 'find', field, text: parts[2] }, parts[3])
  if (parts[0] === 'mail' && parts[1]) return mail({ kind: 'mailbox', slug: parts[1] }, parts[2])
  return { page: 'mail', where: { kind: 'mailbox', slug: 'inbox' }, only: undefined, thread: undefined }
}

/** The fragment of a place. */
export function placeLink(place: Place): string {
  if (place.page === 'settings') return '#/settings'
  const { where, only, thread } = place
  const parts =
    where.kind === 'mailbox'
      ? ['mail', where.slug]
      : where.kind === 'label'
        ? ['label', where.keyword]
        : ['find', where.field, where.text]
  if (thread) parts.push(thread)
  return `#/${parts.map(encodeURIComponent).join('/')}${only ? `?only=${only}` : ''}`
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return ''
  }
}
