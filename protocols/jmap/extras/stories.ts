import { z } from 'zod'
import { releaseHeld } from '#mail/inbound'
import {
  discardHeld,
  findStories,
  messagesOfBlobs,
  readStories,
  storiesChange,
  type KeptStory,
  type RecipientStory,
} from '#mail/stories'
import type { OpenAccount } from '#storage'
import { MethodError, SetError } from '../calls/errors.ts'
import { isOperator } from '../families/filter.ts'
import { getMethod, type Shown } from '../families/get.ts'
import { queryMethod, windowOf } from '../families/query.ts'
import { oneByOne, setMethod } from '../families/set.ts'
import { idsWith } from '../ids.ts'
import { showFindings } from '../mail/email/show.ts'
import { emailIds, utcDateOf } from '../mail/ids.ts'

/** What became of letters. docs/jmap-extensions.md. */
const ids = idsWith('Y')

const properties = [
  'at',
  'way',
  'fate',
  'from',
  'to',
  'subject',
  'messageId',
  'size',
  'emailId',
  'mailFrom',
  'findings',
  'smtp',
  'collectedFrom',
  'recipients',
]

/** Stories that one query gives. */
const MOST = 2000

const FATES = [
  'inbox',
  'junk',
  'held',
  'released',
  'discarded',
  'dropped',
  'passedOn',
  'refused',
  'deferred',
  'queued',
  'delivered',
  'returned',
  'partly',
  'withdrawn',
] as const
type ShownFate = (typeof FATES)[number]

/** How a letter that was sent stands, all its recipients taken together. */
function fateOf(recipients: readonly RecipientStory[]): ShownFate {
  const states = new Set(recipients.map(({ delivered }) => delivered))
  if (states.has('queued')) return 'queued'
  if (states.has('withdrawn')) return 'withdrawn'
  if (!states.has('no')) return 'delivered'
  return states.size === 1 ? 'returned' : 'partly'
}

const shownFate = ({ arrival, departure }: KeptStory): ShownFate => arrival?.fate ?? fateOf(departure?.recipients ?? [])

const state = async (account: OpenAccount): Promise<string> => String(await storiesChange(account))

const get = getMethod({
  type: 'Story',
  properties,
  state,
  async load(_session, account, { ids: wanted }) {
    const stories =
      wanted === null ? await findStories(account, () => true, MOST) : await readStories(account, ids.numbersOf(wanted))
    const messages = await messagesOfBlobs(
      account,
      stories.flatMap(({ blob }) => blob?.id ?? []),
    )
    return stories.map((story) => show(story, messages.get(story.blob?.id ?? '')))
  },
})

function show(story: KeptStory, message: number | undefined): Shown {
  const { id, at, from, subject, messageId, size, arrival, departure } = story
  return {
    id: ids.of(id),
    at: utcDateOf(at),
    way: arrival === undefined ? 'out' : 'in',
    fate: shownFate(story),
    from,
    to: addressees(story),
    subject,
    messageId,
    size,
    emailId: message === undefined ? null : emailIds.of(message),
    mailFrom: arrival?.mailFrom ?? null,
    findings: showFindings(arrival?.findings ?? []),
    smtp: arrival?.smtp ?? null,
    collectedFrom: arrival?.collectedFrom ?? null,
    recipients: departure?.recipients ?? null,
  }
}

const addressees = ({ arrival, departure }: KeptStory): string[] =>
  arrival === undefined ? (departure?.recipients ?? []).map(({ address }) => address) : [arrival.to]

const query = queryMethod({
  type: 'Story',
  conditions: {
    text: z.string().max(500),
    way: z.enum(['in', 'out']),
    fates: z.array(z.enum(FATES)).max(FATES.length),
  },
  sorts: [],
  async run(_session, account, { filter }, window) {
    if (filter !== null && isOperator(filter)) throw new MethodError('unsupportedFilter')
    const { text, way, fates } = filter ?? {}
    const words = (text ?? '').toLowerCase().split(/\s+/).filter(Boolean)
    const isWanted = (story: KeptStory): boolean => {
      if (way !== undefined && (story.arrival === undefined ? 'out' : 'in') !== way) return false
      if (fates !== undefined && !fates.includes(shownFate(story))) return false
      const said = words.length === 0 ? '' : saidIn(story)
      return words.every((word) => said.includes(word))
    }
    const queryState = await state(account)
    const found = await findStories(
      account,
      isWanted,
      MOST,
      fates?.every((fate) => fate === 'held'),
    )
    return {
      queryState,
      canCalculateChanges: false,
      ...windowOf(
        found.map((story) => ids.of(story.id)),
        window,
      ),
    }
  },
})

const saidIn = (story: KeptStory): string =>
  [story.from?.name, story.from?.email, story.subject, story.messageId, story.arrival?.mailFrom, ...addressees(story)]
    .join(' ')
    .toLowerCase()

const Patch = z.strictObject({ fate: z.enum(['released', 'discarded']) })

const set = setMethod({
  type: 'Story',
  state,
  apply: oneByOne({
    async update(session, account, id, patch) {
      const checked = Patch.safeParse(patch)
      if (!checked.success) throw new SetError('invalidProperties', undefined, { properties: Object.keys(patch) })
      const number = ids.numberOf(id)
      if (number === undefined) throw new SetError('notFound')
      if (checked.data.fate === 'discarded') await discardHeld(account, number)
      else {
        const fate = await releaseHeld(session.context.storage, account, number)
        if (fate !== 'released') return { fate }
      }
      return null
    },
  }),
})

export const storyMethods = [get, query, set]
