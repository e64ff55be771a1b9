import { countToday, findAddressee, readSettings } from '#accounts'
import { normalizeAddress } from '#formats/message'
import { readRecords } from '#items'
import { sendOwnLetter } from '#mail/outbound'
import type { Storage } from '#storage'
import { Refusal, type Config } from '#system'
import { linkTo, readLink, type LinkKind } from './links.ts'
import { LIST } from './kinds.ts'
import type { List, ListBy, OpenList } from './list.ts'
import {
  accept,
  addMember,
  findInvited,
  findMember,
  INVITED_DAYS,
  invite,
  leave,
  readInvited,
  readMembers,
} from './members.ts'
import { fill, INVITATION_TEXTS } from './texts.ts'

/** What became of addresses that were to be put on a list. */
export interface Added {
  /** On it now: addresses that are served here. */
  members: string[]
  /** Asked by a letter: all others. */
  invited: string[]
  /** On it before. */
  known: string[]
  /** Not asked: their owner has asked enough for today. */
  left: string[]
}

/**
 * Puts addresses on a list. For whoever runs the service, who is served here is on it at once; an owner adds only themselves so, for nobody is to be
 * added to anything by others, nor learn who is served here. Everybody else is asked first, by a letter with a link, so that nobody can have a stranger
 * flooded.
 * @throws Refusal 'invalid' with `address`, 'tooManyRecipients' beyond the list's bound
 */
export async function addToList(
  storage: Storage,
  config: Pick<Config, 'hostname' | 'lists'>,
  list: OpenList,
  addresses: readonly string[],
  by: ListBy = 'operator',
): Promise<Added> {
  const wanted = new Set(
    addresses.map((address) => {
      const normal = normalizeAddress(address)
      if (normal === undefined) throw new Refusal('invalid', { fields: ['address'] })
      return normal
    }),
  )
  const known = new Set((await readMembers(list)).map(({ address }) => address))
  const invited = await readInvited(list)
  const coming = [...wanted].filter((address) => !known.has(address))
  const others = invited.filter(({ address }) => !wanted.has(address)).length
  if (known.size + others + coming.length > config.lists.maxMembers) throw new Refusal('tooManyRecipients')
  const added: Added = {
    members: [],
    invited: [],
    known: [...wanted].filter((address) => known.has(address)),
    left: [],
  }
  for (const address of coming) {
    const here = await findAddressee(storage, address)
    if (here !== undefined && (by === 'operator' || here === list.account.id)) {
      await list.account.write((tx) => addMember(tx, list.id, address))
      added.members.push(address)
    } else if (by === 'owner' && !(await mayAsk(storage, list, config.lists.maxInvitedPerDay))) {
      added.left.push(address)
    } else {
      const recordId = await list.account.write((tx) => invite(tx, list.id, address))
      await sendInvitation(storage, config, list, { address, recordId })
      added.invited.push(address)
    }
  }
  return added
}

/** Counts one more who is asked today. @returns false when there were enough */
async function mayAsk(storage: Storage, { account }: OpenList, most: number): Promise<boolean> {
  try {
    await countToday(storage, 'asked for a list', String(account.id), most)
    return true
  } catch (error) {
    if (error instanceof Refusal && error.reason === 'tooManyAttempts') return false
    throw error
  }
}

async function sendInvitation(
  storage: Storage,
  { hostname }: Pick<Config, 'hostname'>,
  list: OpenList,
  { address, recordId }: { address: string; recordId: number },
): Promise<void> {
  const { language } = await readSettings(list.account)
  const link = await linkTo(storage, 'join', { accountId: list.account.id, recordId })
  const words = fill(INVITATION_TEXTS[language], {
    name: list.name,
    list: list.address,
    link: `https://${hostname}/${language}/list?join=${link}`,
    days: String(INVITED_DAYS),
    hostname,
  })
  await sendOwnLetter(storage, { to: address, ...words, language })
}

/** The list that a link is about; undefined when the link is good no more. */
export async function listOfLink(storage: Storage, kind: LinkKind, link: string): Promise<List | undefined> {
  const linked = await readLink(storage, kind, link)
  if (linked === undefined) return undefined
  const account = await storage.openAccount(linked.accountId).catch(nobody)
  const member =
    account && (await (kind === 'join' ? findInvited(account, linked.recordId) : findMember(account, linked.recordId)))
  if (account === undefined || member === undefined) return undefined
  const [record] = await readRecords<List>(account, LIST, [member.list])
  return record?.value
}

/** Does what a link is for. @returns false when it is good no more */
export async function followLink(storage: Storage, kind: LinkKind, link: string): Promise<boolean> {
  const linked = await readLink(storage, kind, link)
  const account = linked && (await storage.openAccount(linked.accountId).catch(nobody))
  if (linked === undefined || account === undefined) return false
  return kind === 'join' ? accept(account, linked.recordId) : leave(account, linked.recordId)
}

/** The account was erased since. */
function nobody(error: unknown): undefined {
  if (error instanceof Refusal && error.reason === 'notFound') return undefined
  throw error
}
