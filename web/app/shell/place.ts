import type { Id } from '../jmap/types.ts'
import { narrowings } from '../mail/view.ts'
import type { Narrowing, Source } from '../mail/view.ts'
import { parts as settingsParts, sections } from '../settings/sections.ts'
import type { Part, Section } from '../settings/sections.ts'

/** Where the person is. A mailbox with a role is named by it, any other by its id. */
export type Place =
  | {
      page: 'mail'
      where: Where
      only: Narrowing | undefined
      thread: Id | undefined
      /** The letter that is being written beside it: a draft, or how to begin one (compose/begin.ts). */
      write?: string | undefined
    }
  | { page: 'scheduled' }
  /** What became of letters: those that fit `text`, and the story of one. */
  | { page: 'where'; story: Id | undefined; text: string }
  /**
   * What was deleted: the deletions, or the things of one (`of`), or those that have the words of `text`; all of them, or
   * those by one device (`by`); and one of them.
   */
  | { page: 'deleted'; item: Id | undefined; of: Id | undefined; by?: Id | undefined; text: string }
  | { page: 'settings'; section: Section; part?: Part }
export type Where = { kind: 'mailbox'; slug: string } | Exclude<Source, { kind: 'mailbox' }>

const partNames = Object.keys(settingsParts) as Part[]

/** Reads a fragment such as #/mail/inbox/t12?only=unread or #/write/m7/mail/inbox/t12; what it does not know leads to the inbox. */
export function parsePlace(fragment: string): Place {
  const [path = '', query = ''] = fragment.replace(/^#?\/?/, '').split('?')
  const all = path.split('/').map(decode)
  const write = all[0] === 'write' ? all[1] || 'new' : undefined
  const parts = write === undefined ? all : all.slice(2)
  const asks = new URLSearchParams(query)
  const asked = asks.get('only')
  const only = narrowings.find((one) => one === asked)
  const mail = (where: Where, thread: string | undefined): Place => ({
    page: 'mail',
    where,
    only,
    thread: thread || undefined,
    ...(write === undefined ? {} : { write }),
  })

  if (parts[0] === 'scheduled') return { page: 'scheduled' }
  if (parts[0] === 'where') return { page: 'where', story: parts[1] || undefined, text: asks.get('text') ?? '' }
  if (parts[0] === 'deleted')
    return {
      page: 'deleted',
      item: parts[1] || undefined,
      of: asks.get('of') || undefined,
      by: asks.get('by') || undefined,
      text: asks.get('text') ?? '',
    }
  if (parts[0] === 'settings') {
    const part = partNames.find((name) => name === parts[1])
    if (part) return { page: 'settings', section: settingsParts[part], part }
    return { page: 'settings', section: sections.find(({ name }) => name === parts[1])?.name ?? 'general' }
  }
  if (parts[0] === 'label' && parts[1]) return mail({ kind: 'label', keyword: parts[1] }, parts[2])
  if (parts[0] === 'search' && parts[1]) return mail({ kind: 'search', text: parts[1] }, parts[2])
  if (parts[0] === 'mail' && parts[1]) return mail({ kind: 'mailbox', slug: parts[1] }, parts[2])
  return mail({ kind: 'mailbox', slug: 'inbox' }, undefined)
}

/** The fragment of a place. */
export function placeLink(place: Place): string {
  if (place.page === 'settings') return `#/settings/${place.part ?? place.section}`
  if (place.page === 'scheduled') return '#/scheduled'
  if (place.page === 'where') {
    const { story, text } = place
    return `#/where${story ? `/${encodeURIComponent(story)}` : ''}${text ? `?text=${encodeURIComponent(text)}` : ''}`
  }
  if (place.page === 'deleted') {
    const { item, of, by, text } = place
    const asks = new URLSearchParams({
      ...(of ? { of } : {}),
      ...(by ? { by } : {}),
      ...(text ? { text } : {}),
    }).toString()
    return `#/deleted${item ? `/${encodeURIComponent(item)}` : ''}${asks ? `?${asks}` : ''}`
  }
  const { where, only, thread, write } = place
  const parts =
    where.kind === 'mailbox'
      ? ['mail', where.slug]
      : where.kind === 'label'
        ? ['label', where.keyword]
        : ['search', where.text]
  if (write !== undefined) parts.unshift('write', write)
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
