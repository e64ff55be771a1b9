import { command, SIGNED_IN } from '../command.ts'
import { BadCommand } from '../input/bad-command.ts'
import type { Input } from '../input/input.ts'
import { tellMailbox } from '../mailboxes/attributes.ts'
import { metadataOf, readEntries, tellMetadata } from '../mailboxes/metadata.ts'
import { matchingPaths, readPatterns } from '../mailboxes/patterns.ts'
import { mailboxesByPath, SEPARATOR } from '../mailboxes/paths.ts'
import { tellRights } from '../mailboxes/rights.ts'
import { ancestors, childInfoItem, readSelection, select, type Selection } from '../mailboxes/selection.ts'
import { noteAsked, readStatusItems, statusOf } from '../mailboxes/status.ts'
import { ok } from '../reply.ts'
import type { Session } from '../session.ts'

interface Returned {
  subscribed: boolean
  rights: boolean
  status: string[] | undefined
  /** Entries of metadata. */
  metadata: string[] | undefined
}

interface Args {
  patterns: string[]
  isExtended: boolean
  selection: Selection
  returned: Returned
}

const EVERYTHING: Selection = { criteria: [], isRecursive: false }

/** LIST, with the options of LIST-EXTENDED. RFC 9051 §6.3.9, RFC 5258. */
export const list = command({
  name: 'LIST',
  states: SIGNED_IN,

  // list = "LIST" [SP list-select-opts] SP mailbox SP mbox-or-pat [SP list-return-opts]
  parse(input, session): Args {
    input.space()
    const selects = input.peek() === '('
    const selection = selects ? readSelection(input) : EVERYTHING
    if (selects) input.space()
    const { patterns, isList } = readPatterns(input, session)
    const returns = input.accept(' ')
    const returned: Returned = {
      subscribed: selection.criteria.includes('SUBSCRIBED'),
      rights: false,
      status: undefined,
      metadata: undefined,
    }
    if (returns) readReturned(input, returned)
    input.end()
    return { patterns, isExtended: selects || isList || returns, selection, returned }
  },

  async run(session, args) {
    const { patterns, isExtended } = args
    if (!isExtended && patterns[0] === '') tellSeparator(session)
    else await tellMailboxes(session, args)
    return ok('LIST completed')
  },
})

/** list-return-opts = "RETURN" SP "(" [return-option *(SP return-option)] ")". RFC 9051 §9. */
function readReturned(input: Input, returned: Returned): void {
  input.expect('RETURN ')
  input.list(() => {
    const option = input.word()
    const read = Object.hasOwn(RETURN_OPTIONS, option) ? RETURN_OPTIONS[option] : undefined
    if (read === undefined) throw new BadCommand('There is no such return option')
    read(returned, input)
  })
}

const RETURN_OPTIONS: Readonly<Record<string, (returned: Returned, input: Input) => void>> = {
  SUBSCRIBED: (returned) => void (returned.subscribed = true),
  // These are always said.
  CHILDREN: () => undefined,
  'SPECIAL-USE': () => undefined,
  // RFC 8440 §3.
  MYRIGHTS: (returned) => void (returned.rights = true),
  // RFC 9590 §3.
  METADATA(returned, input) {
    input.space()
    returned.metadata = [...new Set([...(returned.metadata ?? []), ...readEntries(input)])]
  },
  // RFC 5819 §2.
  STATUS(returned, input) {
    input.space()
    returned.status = [...new Set([...(returned.status ?? []), ...readStatusItems(input)])]
  },
}

/** LIST "" "" asks for the separator. RFC 9051 §6.3.9. */
export const tellSeparator = (session: Session): void => session.untagged(`LIST (\\Noselect) "${SEPARATOR}" ""`)

async function tellMailboxes(session: Session, { patterns, selection, returned }: Args): Promise<void> {
  const all = await mailboxesByPath(session.account)
  const selected = select(all, matchingPaths(patterns, all), selection)
  const parents = ancestors(all.keys())
  const meant = selected.filter(({ isMeant }) => isMeant).map(({ mailbox }) => mailbox)
  noteAsked(session, returned.status ?? [])
  const tellStatus = returned.status === undefined ? undefined : await statusOf(session, meant, returned.status)
  const entriesOf = returned.metadata === undefined ? undefined : await metadataOf(session)
  for (const { mailbox, isMeant, hasMeant } of selected) {
    tellMailbox(session, mailbox, {
      hasChildren: parents.has(mailbox.path),
      showsSubscribed: returned.subscribed,
      extended: hasMeant ? [childInfoItem(selection)] : [],
    })
    // What is there only for what is in it has no more to say (RFC 5819 §3).
    if (!isMeant) continue
    tellStatus?.(mailbox)
    if (returned.rights) tellRights(session, mailbox)
    const wanted = { entries: returned.metadata ?? [], depth: 0, maxSize: Infinity }
    if (entriesOf !== undefined) tellMetadata(session, session.nameOf(mailbox.path), entriesOf(mailbox.id), wanted)
  }
  await session.connection.drained()
}
